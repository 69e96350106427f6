const TENANT = "tenant_id";

/**
 * In the database every key begins with `tenant_id`, so that no row can point into another tenant. A
 * caller is always inside one tenant, where the rest of the key is enough: row security adds the tenant to
 * every query. So the API sees the keys without it (`conversation(id)`, not
 * `conversationByTenantIdAndId`), and never the column: the caller's tenant is `myTenant`.
 *
 * Nothing is decided here. A query that this made too wide would still see one tenant's rows only.
 */
export const TenantKeysPlugin: GraphileConfig.Plugin = {
  name: "TenantKeysPlugin",
  version: "1.0.0",
  gather: {
    hooks: {
      pgIntrospection_introspection(_info, { introspection: { constraints } }) {
        for (const constraint of constraints) {
          const { conkey, confkey } = constraint;
          const columns = constraint.getClass()?.getAttributes() ?? [];
          const tenant = columns.find(({ attname }) => attname === TENANT)?.attnum;
          const at = conkey?.indexOf(tenant ?? 0) ?? -1;
          if (!conkey || at === -1 || conkey.length === 1) continue;
          constraint.conkey = conkey.toSpliced(at, 1);
          // The key that it refers to begins with its own tenant_id, at the same place.
          if (confkey) constraint.confkey = confkey.toSpliced(at, 1);
        }
      },
    },
  },
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ["tenantIsHidden"],
          callback: (behavior, [, attribute]) => (attribute === TENANT ? [behavior, "-*"] : behavior),
        },
      },
      pgCodecRelation: {
        override: {
          provides: ["referencesToTenantsAreHidden"],
          callback(behavior, { localAttributes, remoteAttributes }) {
            const keys = [localAttributes, remoteAttributes];
            return keys.some((key) => key.length === 1 && key[0] === TENANT) ? [behavior, "-*"] : behavior;
          },
        },
      },
    },
  },
};
