/** UUIDs are `ID` in the API: they are to be kept and given back, not looked into, and generated clients have strings. */
export const IdentifiersPlugin: GraphileConfig.Plugin = {
  name: "IdentifiersPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      init: {
        before: ["PgCodecs"],
        callback(_, build) {
          build.setGraphQLTypeForPgCodec(build.dataplanPg.TYPES.uuid, ["input", "output"], "ID");
          return _;
        },
      },
    },
  },
};
