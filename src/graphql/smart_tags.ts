import { jsonPgSmartTags } from "postgraphile/utils";

/**
 * A column to filter by: an index begins with tenant_id and it, and goes on with every order of its list. Its `=` is
 * leakproof.
 */
const filtered = { tags: { behavior: "+filterBy" } };

/** Whose a part of a document is: its document says so, and the part only carries it for row security. */
const hiddenAcl = Object.fromEntries(
  ["visibility", "team_id", "user_id"].map((column) => [column, { tags: { behavior: "-*" } }]),
);

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
          support_access: { tags: { enum: "SupportMode" } },
        },
      },
      "app.users": {
        tags: { behavior: "-connection -query:resource:single" },
        attribute: { status: { tags: { enum: "UserStatus" } } },
      },
      "app.roles": { tags: { orders: ["id", "name"] } },
      "app.memberships": {
        attribute: {
          role_id: filtered,
          status: { tags: { ...filtered.tags, enum: "MembershipStatus" } },
        },
      },
      // Made, sent again and revoked by functions.
      "app.invitations": {
        attribute: {
          role_id: filtered,
          status: { tags: { ...filtered.tags, enum: "InvitationStatus" } },
        },
      },
      // Added by a function, which puts the domain into one spelling.
      "app.domains": {
        tags: { behavior: "-insert" },
        attribute: { check_requested_at: { tags: { behavior: "-update" } } },
      },
      "app.teams": { tags: { orders: ["id", "name"] } },
      // Read within their team, or their member.
      "app.team_members": {
        tags: { behavior: "-query:resource:connection" },
        attribute: { role: { tags: { enum: "TeamRole" } } },
      },
      // Read within their invitation.
      "app.invitation_teams": {
        tags: { behavior: "-query:resource:connection -query:resource:single" },
        attribute: { role: { tags: { enum: "TeamRole" } } },
      },
      // Listed by a function that finds its rows by an index, whoever asks.
      "app.grants": {
        tags: { behavior: "-query:resource:connection" },
        attribute: { user_id: filtered },
      },
      "app.holding": { attribute: notNull("holder_id", "permission", "source") },
      "app.conversations": {
        // Listed by functions that find their rows by an index, whoever asks.
        tags: { behavior: "-query:resource:connection", orders: ["id", "updated_at"] },
        attribute: { user_id: filtered, status: { tags: { enum: "ConversationStatus" } } },
      },
      // Read within their conversation: there an index gives a page; across a tenant it might scan all of it.
      "app.messages": {
        tags: { behavior: "-query:resource:connection" },
        attribute: {
          role: { tags: { enum: "MessageRole" } },
          status: { tags: { enum: "MessageStatus" } },
          generator: { tags: { enum: "AnswerGenerator" } },
          // The conversation's.
          deleted_at: { tags: { behavior: "-*" } },
          // A digest of the question, by which it is counted.
          stems: { tags: { behavior: "-*" } },
        },
      },
      // Read within its answer.
      "app.message_feedback": {
        tags: { behavior: "-query:resource:connection" },
        attribute: { rating: { tags: { enum: "Rating" } } },
      },
      // Listed by a function that finds its rows by an index, whoever asks.
      "app.usage_events": {
        tags: { behavior: "-query:resource:connection", orders: "created_at" },
        attribute: {
          user_id: filtered,
          created_at: filtered,
          generator: { tags: { enum: "UsageGenerator" } },
          outcome: { tags: { enum: "TurnOutcome" } },
        },
      },
      // Read with analytics, which adds it up.
      "app.usage_days": { tags: { behavior: "-*" } },
      "app.usage_figures": {
        attribute: notNull(
          ...[
            "turns",
            "stopped",
            "failed",
            "active_users",
            "input_tokens",
            "cached_input_tokens",
            "output_tokens",
          ],
          ...["reasoning_tokens", "cost_micros", "unpriced", "thumbs_up", "thumbs_down"],
        ),
      },
      "app.budgets": {
        attribute: {
          level: { tags: { enum: "BudgetLevel" } },
          period: { tags: { enum: "BudgetPeriod" } },
        },
      },
      // Brought by a function, which takes the bytes; changed and deleted like any row.
      "app.documents": {
        tags: { behavior: "-insert" },
        attribute: {
          user_id: filtered,
          team_id: filtered,
          visibility: { tags: { ...filtered.tags, enum: "DocumentVisibility" } },
          status: { tags: { ...filtered.tags, enum: "DocumentStatus" } },
          // The queue's own.
          attempt: { tags: { behavior: "-*" } },
          tries: { tags: { behavior: "-*" } },
          due_at: { tags: { behavior: "-*" } },
        },
      },
      // Read within their document.
      "app.document_versions": {
        tags: { behavior: "-query:resource:connection" },
        // Where bytes are is the server's to know.
        attribute: { ...hiddenAcl, object_key: { tags: { behavior: "-*" } } },
      },
      // Bytes are no business of GraphQL's.
      "app.document_contents": { tags: { behavior: "-*" } },
      // Found by searchPassages, or by the key that an answer cites.
      "app.document_chunks": {
        tags: { behavior: "-query:resource:connection" },
        attribute: {
          ...hiddenAcl,
          live: { tags: { behavior: "-*" } },
          attempt: { tags: { behavior: "-*" } },
        },
      },
      "app.passage": {
        attribute: notNull(
          "chunk_id",
          "document_id",
          "version",
          "title",
          "ordinal",
          "heading",
          "content",
          "rank",
          "score",
          "sha256",
        ),
      },
      "app.audit_proof": { attribute: notNull("leaf", "index", "size", "path", "checkpoint") },
      "app.audit_event_type": {
        attribute: {
          ...notNull("action", "meaning"),
          severity: {
            tags: { notNull: true, enum: "AuditEventSeverity", checkedBy: "audit.events.severity" },
          },
        },
      },
      "app.frequent_question": { attribute: notNull("question", "times", "last_asked_at") },
      "app.company_question": { attribute: notNull("question", "times", "people", "last_asked_at", "rated") },
      "app.curated_answers": {
        attribute: {
          team_id: filtered,
          // A digest of the question, which is compared and not shown.
          stems: { tags: { behavior: "-*" } },
        },
      },
      // Made, opened and revoked by functions.
      "app.share_links": {
        tags: {
          primaryKey: "id",
          behavior: "-insert -update -delete",
          foreignKey: [
            "(conversation_id) references app.conversations (id)",
            "@fieldName conversation",
            "@backwardBehavior -manyRelation:resource:connection",
            "The conversation that it shows.",
          ].join("|"),
        },
        attribute: notNull("conversation_id", "message_id", "user_id", "created_at", "expires_at"),
      },
      "app.shared_conversation": {
        attribute: notNull("link_id", "title", "shared_by", "shared_at", "expires_at", "messages"),
      },
      "app.shared_message": {
        attribute: {
          ...notNull("id", "withheld", "citations", "created_at"),
          role: { tags: { notNull: true, enum: "MessageRole", checkedBy: "app.messages.role" } },
          generator: { tags: { enum: "AnswerGenerator", checkedBy: "app.messages.generator" } },
        },
      },
      // One's own only: myProfile and useProfile.
      "app.user_profiles": {
        tags: {
          name: "profile",
          behavior: "-connection -query:resource:single -insert -update -delete",
        },
      },
      // One's own only: myPreferences, setMyPreferences and deleteMyPreferences.
      "app.user_preferences": {
        tags: {
          name: "preferences",
          behavior: "-connection -query:resource:single -insert -update -delete",
        },
        attribute: { tone: { tags: { enum: "Tone" } } },
      },
      // One row a company: tenantDefaults and setTenantDefaults.
      "app.tenant_preferences": {
        tags: {
          name: "default_preferences",
          behavior: "-connection -query:resource:single -insert -update -delete",
        },
        attribute: { tone: { tags: { enum: "Tone" } } },
      },
      "app.effective_preferences": {
        attribute: {
          ...notNull(
            "language",
            "language_source",
            "tone_source",
            "model_source",
            "temperature_source",
            "max_answer_tokens_source",
            "notify_answers",
            "notify_answers_source",
            "notify_weekly",
            "notify_weekly_source",
            "remember",
            "remember_source",
          ),
          tone: { tags: { notNull: true, enum: "Tone", checkedBy: "app.user_preferences.tone" } },
        },
      },
      "app.tenancy": {
        attribute: {
          ...notNull("id", "slug", "name", "role", "is_owner", "since", "is_current"),
          status: { tags: { notNull: true, enum: "TenantStatus", checkedBy: "app.tenants.status" } },
          membership_status: {
            tags: { notNull: true, enum: "MembershipStatus", checkedBy: "app.memberships.status" },
          },
        },
      },
      "app.support_access": {
        attribute: {
          ...notNull("id", "operator", "reason", "may_write", "started_at", "expires_at", "is_running"),
          end_reason: { tags: { enum: "SupportEnd", checkedBy: "auth.support_accesses.end_reason" } },
        },
      },
      "app.legal_hold": { attribute: notNull("id", "reason", "placed_by", "placed_at", "stands") },
      // One's own only: mySessions. PostgreSQL does not say of a type's columns that they cannot be null.
      "app.tenant_deletion": { attribute: notNull("slug", "erased_from") },
      "app.model_provider": { attribute: notNull("base_url", "has_key", "active", "updated_at") },
      "app.tenant_usage": { attribute: notNull("seats_used", "keys_used", "requests_today", "storage_used") },
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
      "app.tool_servers": {
        attribute: { kind: { tags: { enum: "ToolServerKind" } } },
      },
      "app.tools": {
        attribute: {
          method: { tags: { enum: "ToolMethod" } },
          approval: { tags: { enum: "ToolApproval" } },
          approved_fingerprint: { tags: { behavior: "-*" } },
        },
      },
      "app.offered_tool": {
        attribute: {
          ...notNull("id", "name", "description"),
          approval: { tags: { notNull: true, enum: "ToolApproval", checkedBy: "app.tools.approval" } },
        },
      },
      // Made by a function, which gives it its secret; changed and removed like any row.
      "app.webhook_endpoints": {
        tags: { behavior: "-insert" },
        attribute: {
          disabled_reason: { tags: { enum: "WebhookDisabledReason" } },
          // The queue's own.
          lent_until: { tags: { behavior: "-*" } },
        },
      },
      "app.webhook_deliveries": {
        attribute: {
          endpoint_id: filtered,
          state: { tags: { ...filtered.tags, enum: "WebhookDeliveryState" } },
          failure: { tags: { enum: "WebhookFailure" } },
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
          severity: {
            tags: { notNull: true, enum: "AuditEventSeverity", checkedBy: "audit.events.severity" },
          },
          request_id: filtered,
        },
      },
    },
    constraint: {
      "app.memberships.memberships_tenant_id_user_id_key": { tags: { lookup: true } },
      "app.roles.roles_tenant_id_name_key": { tags: { lookup: true } },
      "app.teams.teams_tenant_id_name_key": { tags: { lookup: true } },
      "app.team_members.team_members_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", foreignFieldName: "members" },
      },
      "app.team_members.team_members_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignFieldName: "teams" },
      },
      "app.grants.grants_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignFieldName: "grants" },
      },
      // A list of a team's conversations is `teamConversations`.
      "app.conversations.conversations_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.messages.messages_tenant_id_team_id_fkey": {
        tags: { behavior: "-*", backwardBehavior: "-manyRelation:resource:connection" },
      },
      // A list of somebody's documents, or of a team's, is `documents` with a filter.
      "app.documents.documents_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.documents.documents_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.document_versions.document_versions_tenant_id_document_id_fkey": {
        tags: { fieldName: "document", foreignFieldName: "versions" },
      },
      "app.document_chunks.document_chunks_tenant_id_document_id_fkey": {
        tags: { fieldName: "document", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.user_profiles.user_profiles_tenant_id_user_id_fkey": {
        tags: { behavior: "-*", backwardBehavior: "-*" },
      },
      // One's own only: nobody looks for somebody's through them.
      "app.memories.memories_tenant_id_user_id_fkey": {
        tags: { behavior: "-*", backwardBehavior: "-*" },
      },
      "app.curated_answers.curated_answers_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      // A list of a team's is `curatedAnswers` with a filter.
      "app.curated_answers.curated_answers_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.curated_answers.curated_answers_tenant_id_message_id_fkey": {
        tags: { fieldName: "message", backwardBehavior: "-manyRelation:resource:connection" },
      },
      // A list of somebody's conversations is `conversations` with a filter.
      "app.conversations.conversations_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.invitations.invitations_tenant_id_invited_by_fkey": {
        tags: { fieldName: "inviter", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.invitations.invitations_tenant_id_accepted_by_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.invitations.invitations_tenant_id_role_id_fkey": {
        tags: { fieldName: "role", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.invitation_teams.invitation_teams_tenant_id_invitation_id_fkey": {
        tags: { fieldName: "invitation", foreignFieldName: "teams" },
      },
      "app.invitation_teams.invitation_teams_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.domains.domains_tenant_id_role_id_fkey": {
        tags: { fieldName: "role", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.messages.messages_tenant_id_user_id_conversation_id_fkey": {
        tags: { fieldName: "conversation", foreignFieldName: "messages" },
      },
      "app.messages.messages_tenant_id_conversation_id_parent_id_fkey": {
        tags: { fieldName: "parent", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.message_feedback.message_feedback_tenant_id_message_id_fkey": {
        tags: { fieldName: "message", foreignFieldName: "feedback" },
      },
      "app.message_feedback.message_feedback_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.tool_servers.tool_servers_tenant_id_team_id_fkey": {
        tags: { fieldName: "team", backwardBehavior: "-manyRelation:resource:connection" },
      },
      "app.tools.tools_tenant_id_server_id_fkey": {
        tags: { fieldName: "server", foreignFieldName: "tools" },
      },
      "app.webhook_deliveries.webhook_deliveries_tenant_id_endpoint_id_fkey": {
        tags: { fieldName: "endpoint", foreignFieldName: "deliveries" },
      },
      "app.user_preferences.user_preferences_tenant_id_user_id_fkey": {
        tags: { fieldName: "member", foreignSingleFieldName: "preferences" },
      },
    },
    procedure: {
      // Rules of the tables' checks, no questions of the API.
      "app.is_blank": { tags: { behavior: "-*" } },
      "app.is_name": { tags: { behavior: "-*" } },
      "app.are_parts": { tags: { behavior: "-*" } },
      "app.is_public_mail": { tags: { behavior: "-*" } },
      "app.take_seat": { tags: { behavior: "-*" } },
      "app.invite_member": { tags: { resultFieldName: "invitation" } },
      "app.resend_invitation": { tags: { resultFieldName: "invitation" } },
      "app.revoke_invitation": { tags: { resultFieldName: "invitation" } },
      "app.add_domain": { tags: { resultFieldName: "domain" } },
      "app.verify_domain": { tags: { resultFieldName: "domain" } },
      "app.remove_member": { tags: { resultFieldName: "membership" } },
      "app.suspend_member": { tags: { resultFieldName: "membership" } },
      "app.reactivate_member": { tags: { resultFieldName: "membership" } },
      "app.leave_tenant": { tags: { resultFieldName: "membership" } },
      "app.leave_team": { tags: { resultFieldName: "teamMember" } },
      "app.transfer_ownership": { tags: { resultFieldName: "membership" } },
      // A hundred at most: no pages.
      "app.create_document": { tags: { contentArgument: "The bytes of the file." } },
      "app.replace_document": { tags: { contentArgument: "The bytes of the file." } },
      "app.search_passages": {
        tags: {
          queryArgument: "A question, or the words to look for.",
          embeddingArgument: "The embedding of the question; without it, words and letters find alone.",
          modelArgument: "Which model made the embedding; without it, any whose embeddings are as long.",
          wantedArgument: "How many passages, 50 at most; 8 unless said.",
          tagsArgument: "Only of documents that have one of these.",
          teamIdArgument: "Only of documents of this team.",
          sinceArgument: "Only of documents that were brought then or later.",
          untilArgument: "Only of documents that were brought before.",
        },
      },
      "app.my_frequent_questions": {
        tags: {
          behavior: "+list -connection -order -filter",
          listSuffix: "omit",
          wantedArgument: "How many, 50 at most; 10 unless said.",
        },
      },
      "app.frequent_questions": {
        tags: {
          behavior: "+list -connection -order -filter",
          listSuffix: "omit",
          wantedArgument: "How many, 50 at most; 10 unless said.",
        },
      },
      "app.create_share_link": { tags: { resultFieldName: "shareLink" } },
      "app.revoke_share_link": { tags: { resultFieldName: "shareLink" } },
      "app.open_share_link": { tags: { resultFieldName: "sharedConversation" } },
      "app.search_members": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.my_conversations": { tags: { behavior: "+order +resource:connection:backwards" } },
      "app.visible_conversations": {
        tags: { fieldName: "conversations", behavior: "+order +filterProc +resource:connection:backwards" },
      },
      "app.visible_usage_events": {
        tags: { fieldName: "usageEvents", behavior: "+order +filterProc +resource:connection:backwards" },
      },
      "app.analytics": {
        tags: {
          behavior: "+list -connection -order -filter",
          listSuffix: "omit",
          sinceArgument: "The first day (UTC).",
          untilArgument: "The last day; today unless said.",
          perArgument: "total, day, model, user, team or key; total unless said.",
        },
      },
      "app.visible_grants": {
        tags: { fieldName: "grants", behavior: "+order +filterProc +resource:connection:backwards" },
      },
      "app.discarded_conversations": { tags: { behavior: "+order +resource:connection:backwards" } },
      "app.discard_conversation": { tags: { resultFieldName: "conversation" } },
      "app.restore_conversation": { tags: { resultFieldName: "conversation" } },
      "app.share_conversation": { tags: { resultFieldName: "conversation" } },
      // Fifty at most: no pages.
      "app.search_conversations": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.team_conversations": { tags: { behavior: "+order +resource:connection:backwards" } },
      "app.who_can": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.permissions_of": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      // A hundred at most, in an order of their own: no pages.
      "app.my_identities": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.my_passkeys": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.my_tenants": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.support_accesses": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.legal_holds": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      "app.end_support_access": { tags: { resultFieldName: "supportAccess" } },
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
      "app.create_webhook_endpoint": { tags: { resultFieldName: "webhookEndpoint" } },
      "app.rotate_webhook_secret": { tags: { resultFieldName: "webhookEndpoint" } },
      // Some two hundred, in an order of their own: no pages.
      "app.audit_event_types": {
        tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" },
      },
      // Fifty at most: no pages.
      "app.my_tools": { tags: { behavior: "+list -connection -order -filter", listSuffix: "omit" } },
      "app.set_tool_secret": { tags: { resultFieldName: "toolServer" } },
      "app.refresh_tool_server": { tags: { resultFieldName: "toolServer" } },
      "app.approve_tool": { tags: { resultFieldName: "tool" } },
      "app.set_model_provider": { tags: { resultFieldName: "modelProvider" } },
      "app.remove_model_provider": { tags: { resultFieldName: "modelProvider" } },
      // What the preview of a system prompt fills a template with.
      "app.prompt_asker": { tags: { behavior: "-*" } },
      "app.send_test_event": { tags: { resultFieldName: "webhookDelivery" } },
      "app.resend_webhook_delivery": { tags: { resultFieldName: "webhookDelivery" } },
      "app.delete_tenant": { tags: { resultFieldName: "deletion" } },
      "app.set_my_preferences": {
        tags: {
          resultFieldName: "preferences",
          resetArgument:
            "Names, as in max_answer_tokens, of what is to fall back to the company's choice: one's own is forgotten.",
        },
      },
      "app.forget_memories": { tags: { resultFieldName: "memories" } },
      "app.delete_my_preferences": { tags: { resultFieldName: "preferences" } },
      "app.set_tenant_defaults": {
        tags: {
          resultFieldName: "tenantDefaults",
          resetArgument:
            "Names, as in max_answer_tokens, of what is to fall back to what is built in: the company's choice is forgotten.",
        },
      },
    },
  },
});
