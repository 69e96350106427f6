import { jsonPgSmartTags } from "postgraphile/utils";

/** A column to filter and sort by: after `tenant_id`, an index begins with it, and its `=` is leakproof. */
const indexed = { tags: { behavior: "+filterBy +orderBy" } };

/**
 * What the API makes of the schema `app` beyond what PostgreSQL says of it. Grants decide what can be
 * read and written at all, policies whose; this only names, hides and lets sort.
 */
export const SmartTagsPlugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      // One sees one tenant and one user: myTenant and me.
      "app.tenants": { tags: { behavior: "-connection -query:resource:single" } },
      "app.users": { tags: { behavior: "-connection -query:resource:single" } },
      "app.roles": { attribute: { id: indexed, name: indexed } },
      "app.memberships": { attribute: { id: indexed, user_id: indexed, role_id: indexed } },
      "app.conversations": { attribute: { id: indexed, user_id: indexed } },
      // Read within their conversation: there an index gives a page; across a tenant it might scan all of it.
      "app.messages": {
        tags: { behavior: "-query:resource:connection" },
        attribute: { id: indexed, user_id: indexed, conversation_id: indexed },
      },
      // One's own only: myPreferences and setMyPreferences.
      "app.user_preferences": { tags: { behavior: "-connection -query:resource:single -insert -update" } },
      "app.audit_events": {
        tags: { primaryKey: "id" },
        // PostgreSQL does not say of a view's columns that they cannot be null.
        attribute: {
          id: indexed,
          at: { tags: { ...indexed.tags, notNull: true } },
          actor_id: indexed,
          table_name: indexed,
          action: { tags: { notNull: true } },
          actor_kind: { tags: { notNull: true } },
        },
      },
    },
    constraint: {
      "app.conversations.conversations_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignFieldName: "conversations" },
      },
      "app.messages.messages_tenant_id_user_id_conversation_id_fkey": {
        tags: { fieldName: "conversation", foreignFieldName: "messages" },
      },
      "app.user_preferences.user_preferences_pkey": { tags: { deleteFieldName: "deleteMyPreferences" } },
      "app.user_preferences.user_preferences_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignSingleFieldName: "preferences" },
      },
    },
    procedure: {
      "app.my_conversations": { tags: { behavior: "+order" } },
      "app.set_my_preferences": { tags: { resultFieldName: "preferences" } },
    },
  },
});
