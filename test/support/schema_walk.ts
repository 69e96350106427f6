import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "postgraphile/graphql";

/** One place of the schema that takes input: an argument of a field, or a field of an input object within one. */
export interface Place {
  /** Such as `Query.roles(filter.name.equalTo)`. */
  readonly name: string;
  /** A request that puts this value there, and into every other place only what must be given. */
  request(
    value: unknown,
    how: "literal" | "variable",
  ): { query: string; variables?: Record<string, unknown> };
}

/** Every place of the schema that takes input and that a query or a mutation can reach, each once. */
export function inputPlaces(schema: GraphQLSchema): Place[] {
  const mutation = schema.getMutationType()!;
  return [
    ...paths(schema.getQueryType()!).flatMap((path) => placesOf("query", path)),
    ...Object.values(mutation.getFields()).flatMap((field) =>
      placesOf("mutation", { owner: mutation, fields: [field] }),
    ),
  ];
}

type Field = GraphQLField<unknown, unknown>;

/** Fields from the root to one that takes arguments. */
interface Path {
  readonly owner: GraphQLObjectType;
  readonly fields: readonly Field[];
}

/** The shortest path to each field that takes arguments, from the root of queries. */
function paths(root: GraphQLObjectType): Path[] {
  const seen = new Set<GraphQLObjectType>([root]);
  const found: Path[] = [];
  const queue: { type: GraphQLObjectType; fields: readonly Field[] }[] = [{ type: root, fields: [] }];
  for (const { type, fields } of queue) {
    for (const field of Object.values(type.getFields())) {
      const path = [...fields, field];
      if (field.args.length > 0) found.push({ owner: type, fields: path });
      const inner = getNamedType(field.type);
      if (!isObjectType(inner) || seen.has(inner)) continue;
      seen.add(inner);
      queue.push({ type: inner, fields: path });
    }
  }
  return found;
}

function placesOf(operation: string, { owner, fields }: Path): Place[] {
  const field = fields.at(-1)!;
  return field.args.flatMap((argument) =>
    inputPaths(argument).map((path): Place => {
      const name = `${owner.name}.${field.name}(${path.map((one) => one.name).join(".")})`;
      const others = field.args.filter((one) => one !== argument && isRequiredArgument(one));
      const fixed = others.map((one) => `${one.name}: ${literal(sample(one.type))}`);
      const ask = (given: string) => {
        const call = `${field.name}(${[`${argument.name}: ${given}`, ...fixed].join(", ")})`;
        const inner = isObjectType(getNamedType(field.type)) ? " { __typename }" : "";
        const around = fields.slice(0, -1).map(enter);
        return `{ ${around.map((one) => `${one} { `).join("")}${call}${inner}${" }".repeat(around.length)} }`;
      };
      return {
        name,
        request(value, how) {
          const whole = filled(path, value);
          if (how === "literal") return { query: `${operation} ${ask(literal(whole))}` };
          return {
            query: `${operation} ($v: ${argument.type}) ${ask("$v")}`,
            variables: { v: withoutEnums(whole) },
          };
        },
      };
    }),
  );
}

function enter(field: Field): string {
  const required = field.args.filter(isRequiredArgument);
  if (required.length === 0) return field.name;
  return `${field.name}(${required.map((one) => `${one.name}: ${literal(sample(one.type))}`).join(", ")})`;
}

type Input = GraphQLArgument | GraphQLInputField;

/** The argument itself, and every field within it, as the way there. Input objects do not contain themselves here. */
function inputPaths(input: Input, before: readonly Input[] = []): (readonly Input[])[] {
  const path = [...before, input];
  const type = getNamedType(input.type);
  if (!isInputObjectType(type)) return [path];
  return [path, ...Object.values(type.getFields()).flatMap((field) => inputPaths(field, path))];
}

/** The argument's value with `value` at the end of the path, and beside it what must be given. */
function filled([input, ...rest]: readonly Input[], value: unknown): unknown {
  const [next] = rest;
  if (!input || !next) return value;
  const type = getNamedType(input.type);
  if (!isInputObjectType(type)) throw new Error(`${input.name} has no fields`);
  const required = Object.values(type.getFields()).filter((one) => one !== next && isRequiredInputField(one));
  return {
    ...Object.fromEntries(required.map((one) => [one.name, sample(one.type)])),
    [next.name]: filled(rest, value),
  };
}

/** A name that GraphQL writes without quotes. */
class EnumValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Some good value of a type. */
function sample(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return [sample(type.ofType)];
  if (isEnumType(type)) return new EnumValue(type.getValues()[0]!.name);
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, sample(field.type)]));
  }
  switch (type.name) {
    case "Int":
      return 1;
    case "Boolean":
      return true;
    case "Datetime":
      return "2026-01-01T00:00:00Z";
    case "ID":
      return "01900000-0000-7000-8000-000000000000";
    default:
      return "text";
  }
}

function literal(value: unknown): string {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}: ${literal(inner)}`)
    .join(", ")}}`;
}

function withoutEnums(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner) => (inner instanceof EnumValue ? inner.name : inner)),
  );
}
