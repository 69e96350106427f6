import { enumCodec, type PgCodec, withPgClientFromPgService } from "postgraphile/@dataplan/pg";
import { gatherConfig } from "postgraphile/graphile-build";
import { sql } from "postgraphile/pg-sql2";

declare global {
  namespace GraphileBuild {
    interface GatherOptions {}
  }
  namespace GraphileConfig {
    interface GatherHelpers {
      closedValues: Record<string, never>;
    }
  }
}

interface State {
  /** Codecs by the name of the enum. */
  readonly codecs: Map<string, PgCodec>;
  /** The values that a CHECK allows, by `schema.table.column`. */
  values: Promise<ReadonlyMap<string, readonly string[]>> | null;
}

/** CHECK constraints of the form `column in ('a', 'b')`. */
const closedColumns = `
  select format('%s.%s.%s', schema.nspname, relation.relname, attribute.attname) as column,
    array(select match[1] from regexp_matches(pg_get_constraintdef(rule.oid), '''([^'']+)''::text', 'g') as match) as values
  from pg_catalog.pg_constraint as rule
  join pg_catalog.pg_class as relation on relation.oid = rule.conrelid
  join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
  join pg_catalog.pg_attribute as attribute
    on attribute.attrelid = rule.conrelid and array[attribute.attnum] = rule.conkey
  where rule.contype = 'c' and pg_get_constraintdef(rule.oid) ~ '^CHECK \\(\\(\\w+ = ANY \\(ARRAY\\['`;

/**
 * Columns whose values a CHECK constraint closes become enums in the API. In the database they stay text, because the
 * comparisons of PostgreSQL's enums are not leakproof, and under row security no index would serve them.
 *
 * A column is named by the smart tag `enum`, a view's with `checkedBy` for the column that has the constraint. Its comment
 * says what the values mean: `What it is about. open: takes messages; archived: is kept to be read.` An argument of a
 * function is of the enum of the column that has its name in the row that the function returns.
 */
export const ClosedValuesPlugin: GraphileConfig.Plugin = {
  name: "ClosedValuesPlugin",
  version: "1.0.0",
  after: ["smart-tags"],
  inflection: {
    replace: {
      enumValue(previous, _preset, value, codec) {
        return codec.extensions?.tags?.closed
          ? this.constantCase(value)
          : (previous?.(value, codec) ?? value);
      },
    },
  },
  gather: gatherConfig({
    namespace: "closedValues",
    helpers: {},
    initialState: (): State => ({ codecs: new Map(), values: null }),
    hooks: {
      async pgCodecs_attribute(info, { serviceName, pgClass, pgAttribute, attribute }) {
        const { enum: name, checkedBy } = pgAttribute.getTags();
        if (typeof name !== "string") return;
        const service = info.resolvedPreset.pgServices?.find((one) => one.name === serviceName);
        if (!service) throw new Error(`there is no service ${serviceName}`);
        info.state.values ??= withPgClientFromPgService(
          service,
          service.pgSettingsForIntrospection ?? null,
          async (client) => {
            const { rows } = await client.query<{ column: string; values: string[] }>({
              text: closedColumns,
            });
            return new Map(rows.map(({ column, values }) => [column, values]));
          },
        );
        const column = `${pgClass.getNamespace()?.nspname}.${pgClass.relname}.${pgAttribute.attname}`;
        const checked = typeof checkedBy === "string" ? checkedBy : column;
        const values = (await info.state.values).get(checked);
        if (!values) throw new Error(`no CHECK closes the values of ${checked}, which is tagged as an enum`);
        const { subject, meanings } = readComment(attribute.description ?? "", values, column);
        attribute.description = subject;
        const known = info.state.codecs.get(name);
        attribute.codec =
          known ??
          enumCodec({
            name,
            identifier: sql`text`,
            description: subject,
            values: values.map((value) => ({ value, description: meanings.get(value) })),
            extensions: { tags: { name, closed: true } },
          });
        info.state.codecs.set(name, attribute.codec);
      },
      pgProcedures_PgResourceOptions(_info, { resourceOptions }) {
        const columns = resourceOptions.codec.attributes;
        for (const parameter of resourceOptions.parameters ?? []) {
          const codec = parameter.name ? columns?.[parameter.name]?.codec : undefined;
          if (codec?.extensions?.tags?.closed) Object.assign(parameter, { codec });
        }
      },
    },
  }),
};

/** `Subject. a: meaning; b: meaning.` in its parts. */
function readComment(
  comment: string,
  values: readonly string[],
  column: string,
): { subject: string; meanings: ReadonlyMap<string, string> } {
  const begins = new RegExp(`(?:^|[.;] )(${values.join("|")}): `, "g");
  const found = [...comment.matchAll(begins)];
  const meanings = new Map<string, string>();
  for (const [place, match] of found.entries()) {
    const meaning = comment
      .slice(match.index + match[0].length, found[place + 1]?.index)
      .replace(/[.;]$/, "");
    meanings.set(match[1]!, `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`);
  }
  const missing = values.filter((value) => !meanings.has(value));
  if (missing.length > 0)
    throw new Error(`the comment on ${column} does not say what ${missing.join(", ")} means`);
  return { subject: `${comment.slice(0, found[0]?.index)}.`, meanings };
}
