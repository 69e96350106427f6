/**
 * Types for the API, by GraphQL Code Generator (https://the-guild.dev/graphql/codegen). In a project of yours, with this file,
 * `schema.graphql` and your operations beside it:
 *
 *     npm install --save-dev @graphql-codegen/cli @graphql-codegen/client-preset
 *     npx graphql-codegen --config codegen.ts
 */
const config = {
  // Or the address of a development server, which tells its schema: "http://localhost:4000/graphql".
  schema: "schema.graphql",
  documents: ["*.graphql"],
  generates: {
    "generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // Documents are strings: the client needs no GraphQL library.
        documentMode: "string",
        // Enums are unions of their names, without code of their own.
        enumsAsTypes: true,
        useTypeImports: true,
        // A scalar that is not named here fails the generation instead of becoming `any`.
        strictScalars: true,
        scalars: {
          ID: "string",
          Base64EncodedBinary: "string",
          /** Eight bytes: more than a number holds exactly. */
          BigInt: "string",
          /** To be given back as `after` or `before`, and not to be looked into. */
          Cursor: "string",
          /** Year, month and day, as `2026-01-31`. */
          Date: "string",
          /** RFC 3339, in UTC. */
          Datetime: "string",
          InternetAddress: "string",
          JSON: "unknown",
        },
      },
    },
  },
};

export default config;
