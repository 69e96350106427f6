import { jsonPgSmartTags } from "postgraphile/utils";

/**
 * A column to filter by: an index begins with tenant_id and it, and goes on with every order of its list. Its `=` is
 * leakproof.
 */
const filtered = { tags: { behavior: "+filterBy" } };

/** Columns of a view that are never null: PostgreSQL does not say so. */
const notNull = (...columns: string[]): Record<string, { tags: { notNull: true } }> =>
  Object.fromEntries(columns.map((column) => [column, { tags: { notNull: true } }]));

/**
 * What the API makes of the schema `app` beyond what PostgreSQL says of it. Grants decide what can be
 * read and written at all, policies whose; this only names, hides, and says what can be asked for by an index.
 */
export const SmartTagsPlugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      // One sees one tenant and one user: myTenant and me.
      "app.tenants": {
        tags: { behavior: "-connection -query:resource:single" },
        attribute: {
          status: { tags: { enum: "TenantStatus" } },
          fingerprint: { tags: { enum: "Fingerprint" } },
        },
      },
      "app.users": {
        tags: { behavior: "-connection -query:resource:single" },
        attribute: { status: { tags: { enum: "UserStatus" } } },
      },
      "app.roles": { tags: { orders: ["id", "name"] } },
      "app.memberships": {
        attribute: { role_id: filtered, status: { tags: { enum: "MembershipStatus" } } },
      },
      "app.conversations": {
        // Listed by functions that find their rows by an index, whoever asks.
        tags: { behavior: "-query:resource:connection", orders: ["id", "updated_at"] },
        attribute: { user_id: filtered, status: { tags: { enum: "ConversationStatus" } } },
      },
      // Read within their conversation: there an index gives a page; across a tenant it might scan all of it.
      "app.messages": {
        tags: { behavior: "-query:resource:connection" },
        attribute: { role: { tags: { enum: "MessageRole" } } },
      },
      // One's own only: myPreferences, setMyPreferences and deleteMyPreferences.
      "app.user_preferences": {
        tags: {
          name: "preferences",
          behavior: "-connection -query:resource:single -insert -update -delete",
        },
        attribute: { tone: { tags: { enum: "Tone" } } },
      },
      // One's own only: mySessions. PostgreSQL does not say of a type's columns that they cannot be null.
      "app.tenant_deletion": { attribute: notNull("slug", "erased_from") },
      "app.tenant_usage": { attribute: notNull("seats_used", "keys_used") },
      "app.identity": {
        attribute: {
          ...notNull("id", "provider", "issuer", "subject", "created_at", "last_used_at"),
        },
      },
      "app.passkey": { attribute: notNull("id", "name", "synced", "aaguid", "created_at") },
      "app.session": {
        attribute: {
          ...notNull("id", "methods", "created_at", "last_seen_at", "expires_at", "is_current"),
        },
      },
      "app.api_keys": {
        tags: {
          primaryKey: "id",
          // A key is made, rotated and revoked by functions; what ties it down is changed like any row.
          behavior: "-insert -delete",
          foreignKey: [
            [
              "(user_id) references app.memberships (user_id)",
              "@fieldName member",
              "@backwardBehavior -manyRelation:resource:connection",
              "Whose it is; null for the tenant's own.",
            ].join("|"),
            [
              "(role_id) references app.roles (id)",
              "@fieldName role",
              "@backwardBehavior -manyRelation:resource:connection",
              "The role of a key that is the tenant's own.",
            ].join("|"),
          ],
        },
        attribute: {
          ...notNull("name", "beginning", "scopes", "used_count", "created_at", "opens_guests"),
          kind: { tags: { notNull: true, enum: "ApiKeyKind", checkedBy: "auth.api_keys.kind" } },
          user_id: filtered,
        },
      },
      "app.audit_events": {
        tags: {
          primaryKey: "id",
          orders: "at",
          // The memberships of a tenant are its people: an actor has the name that the reader may see.
          foreignKey: [
            "(actor_id) references app.memberships (user_id)",
            "@fieldName actor",
            "@backwardBehavior -manyRelation:resource:connection",
            "Who acted, as colleagues see them; null for the system, and for who is no member here.",
          ].join("|"),
        },
        // PostgreSQL does not say of a view's columns that they cannot be null.
        attribute: {
          at: { tags: { ...filtered.tags, notNull: true } },
          action: { tags: { ...filtered.tags, notNull: true } },
          actor_id: filtered,
          actor_kind: {
            tags: {
              ...filtered.tags,
              notNull: true,
              enum: "ActorKind",
              checkedBy: "audit.events.actor_kind",
            },
          },
          request_id: filtered,
        },
      },
    },
    constraint: {
      "app.memberships.memberships_tenant_id_user_id_key": { tags: { lookup: true } },
      "app.roles.roles_tenant_id_name_key": { tags: { lookup: true } },
      // A list of somebody's conversations is `conversations` with a filter.
      "app.conversations.conversations_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.messages.messages_tenant_id_user_id_conversation_id_fkey": {
        tags: { fieldName: "conversation", foreignFieldName: "messages" },
      },
      "app.user_preferences.user_preferences_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignSingleFieldName: "preferences" },
      },
    },
    procedure: {
      // Rules of the tables' checks, no questions of the API.
      "app.is_blank": { tags: { behavior: "-*" } },
      "app.is_name": { tags: { behavior: "-*" } },
      "app.my_conversations": { tags: { behavior: "+order +resource:connection:backwards" } },
      "app.visible_conversations": {
        tags: { fieldName: "conversations", behavior: "+order +filterProc +resource:connection:backwards" },
      },
      // A hundred at most, in an order of their own: no pages.
      "app.my_identities": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.my_passkeys": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.rename_passkey": { tags: { resultFieldName: "passkey" } },
      "app.remove_passkey": { tags: { resultFieldName: "passkey" } },
      "app.unlink_identity": { tags: { resultFieldName: "identity" } },
      "app.my_sessions": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.revoke_session": { tags: { resultFieldName: "session" } },
      "app.revoke_other_sessions": { tags: { resultFieldName: "sessions" } },
      "app.revoke_all_sessions": { tags: { resultFieldName: "sessions" } },
      "app.create_api_key": { tags: { resultFieldName: "apiKey" } },
      "app.rotate_api_key": { tags: { resultFieldName: "apiKey" } },
      "app.revoke_api_key": { tags: { resultFieldName: "apiKey" } },
      "app.delete_tenant": { tags: { resultFieldName: "deletion" } },
      "app.set_my_preferences": { tags: { resultFieldName: "preferences" } },
      "app.delete_my_preferences": { tags: { resultFieldName: "preferences" } },
    },
  },
});
