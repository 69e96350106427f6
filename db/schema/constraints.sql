-- What each rule of the API's tables says, in a sentence: the comment of the constraint. Whoever breaks one is told this
-- sentence, with the field and the constraint's name (`message`, `field`, `rule`), so it says what is wanted and quotes
-- no row. A test asks for one on every constraint that an API call can break.

comment on constraint tenants_name_check on app.tenants is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_slug_check on app.tenants is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint tenants_status_check on app.tenants is 'A company is active, suspended or closed.';
comment on constraint tenants_session_idle_minutes_check on app.tenants is 'A session may be idle for 30 minutes to 90 days (129,600 minutes).';
comment on constraint tenants_session_lifetime_minutes_check on app.tenants is 'A session may last for an hour to a year (525,600 minutes).';
comment on constraint tenants_fingerprint_check on app.tenants is 'A fingerprint is off, family or exact.';
comment on constraint tenants_support_access_check on app.tenants is 'Support is off, or may read, or write.';
comment on constraint tenants_seats_check on app.tenants is 'A company has at least one seat.';
comment on constraint tenants_brand_name_check on app.tenants is 'A brand''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_brand_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_accent_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_logo_url_check on app.tenants is 'A logo''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint tenants_language_check on app.tenants is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenants_sign_in_ways_check on app.tenants is 'Ways to sign in are 1 to 50 names of password, link, passkey or providers.';
comment on constraint tenants_storage_limit_check on app.tenants is 'A number of bytes is not negative.';
comment on constraint tenants_key_limit_check on app.tenants is 'A number of API keys is not negative.';
comment on constraint tenants_requests_per_minute_check on app.tenants is 'A limit is from 1 to 1,000,000 requests a minute.';
comment on constraint tenants_requests_per_day_check on app.tenants is 'A limit is from 1 to 1,000,000,000 requests a day.';
comment on constraint tenants_audit_retention_months_check on app.tenants is 'A trail is kept for 1 to 1200 months, or without end.';
comment on constraint tenants_audit_retention_before_check on app.tenants is 'A trail is kept for 1 to 1200 months, or without end.';
comment on constraint tenants_deletion_grace_days_check on app.tenants is 'A grace is from 0 to 365 days.';
comment on index app.tenants_by_slug is 'A slug belongs to one company.';

comment on constraint users_email_check on app.users is 'An e-mail address is in lower case, with one @ and at most 254 characters.';
comment on constraint users_is_guest_check on app.users is 'An account has an e-mail address, and a guest has none.';
comment on constraint users_name_check on app.users is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint users_locale_check on app.users is 'A locale is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint users_status_check on app.users is 'A user is active, banned or deleted.';
comment on index app.users_by_email is 'An e-mail address belongs to one person.';

comment on constraint permissions_name_check on app.permissions is 'A permission''s name is lower-case words joined by underscores.';
comment on constraint permissions_held_by_check on app.permissions is 'Beside admin, a permission is held by member, by viewer, or by neither.';

comment on constraint roles_name_check on app.roles is 'A role''s name has 1 to 60 characters, on one line, and at least one of them shows.';
comment on constraint roles_description_check on app.roles is 'A role''s description has at most 500 characters.';
comment on constraint roles_permissions_check on app.roles is 'A role''s permissions are names; none of them is null.';
comment on constraint roles_tenant_id_name_key on app.roles is 'Each role of a company has a name of its own.';
comment on constraint roles_tenant_id_fkey on app.roles is 'A role belongs to a company.';

comment on constraint memberships_display_name_check on app.memberships is 'A display name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint memberships_avatar_url_check on app.memberships is 'A picture''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint memberships_status_check on app.memberships is 'A membership is active, suspended or removed.';
comment on constraint memberships_tenant_id_user_id_key on app.memberships is 'A person is a member of a company once.';
comment on constraint memberships_tenant_id_fkey on app.memberships is 'A membership belongs to a company.';
comment on constraint memberships_tenant_id_role_id_fkey on app.memberships is 'A member''s role is one of their own company.';
comment on constraint memberships_user_id_fkey on app.memberships is 'A member is a person who has an account.';

comment on constraint teams_name_check on app.teams is 'A team''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint teams_description_check on app.teams is 'A team''s description has at most 500 characters.';
comment on constraint teams_tenant_id_name_key on app.teams is 'Each team of a company has a name of its own.';
comment on constraint teams_tenant_id_fkey on app.teams is 'A team belongs to a company.';

comment on constraint team_members_role_check on app.team_members is 'Somebody is a team''s lead or a member of it.';
comment on constraint team_members_tenant_id_team_id_user_id_key on app.team_members is 'Somebody is in a team once.';
comment on constraint team_members_tenant_id_fkey on app.team_members is 'A team''s member belongs to a company.';
comment on constraint team_members_tenant_id_team_id_fkey on app.team_members is 'A team is one of one''s own company.';
comment on constraint team_members_tenant_id_user_id_fkey on app.team_members is 'Who is in a team is a member of its company.';

comment on constraint grants_reason_check on app.grants is 'A grant''s reason has 1 to 500 characters, and at least one of them shows.';
comment on constraint grants_ends_at_check on app.grants is 'A grant ends in the future, and within 90 days.';
comment on constraint grants_tenant_id_fkey on app.grants is 'A grant belongs to a company.';
comment on constraint grants_tenant_id_user_id_fkey on app.grants is 'A grant is for a member of its company.';

comment on constraint invitations_email_check on app.invitations is 'An address to invite is ASCII, local@domain, in at most 254 characters; write an international domain in Punycode.';
comment on constraint invitations_status_check on app.invitations is 'An invitation is pending, accepted, revoked or expired.';
comment on constraint invitations_times_sent_check on app.invitations is 'An invitation was sent at least once.';
comment on constraint invitations_check on app.invitations is 'An accepted invitation says who came.';
comment on constraint invitations_tenant_id_fkey on app.invitations is 'An invitation belongs to a company.';
comment on constraint invitations_tenant_id_role_id_fkey on app.invitations is 'An invitation is to a role of its own company.';
comment on constraint invitations_tenant_id_invited_by_fkey on app.invitations is 'Who invites is a member of the company.';
comment on constraint invitations_tenant_id_accepted_by_fkey on app.invitations is 'Who accepted is a member of the company.';
comment on constraint invitation_teams_role_check on app.invitation_teams is 'An invitation promises to be a team''s lead or a member of it.';
comment on constraint invitation_teams_tenant_id_invitation_id_team_id_key on app.invitation_teams is 'An invitation promises a team once.';
comment on constraint invitation_teams_tenant_id_fkey on app.invitation_teams is 'What an invitation promises belongs to a company.';
comment on constraint invitation_teams_tenant_id_invitation_id_fkey on app.invitation_teams is 'A promised team is of an invitation of its company.';
comment on constraint invitation_teams_tenant_id_team_id_fkey on app.invitation_teams is 'An invitation is to teams of its own company.';
comment on index app.invitations_pending_by_address is 'An address has one invitation at a time that waits.';

comment on constraint domains_domain_check on app.domains is 'A domain is lower-case letters, digits and hyphens between dots, such as acme.example; write an international one in Punycode.';
comment on constraint domains_challenge_check on app.domains is 'A challenge is forty hexadecimal digits.';
comment on constraint domains_failures_check on app.domains is 'Failures are counted to three.';
comment on constraint domains_tenant_id_domain_key on app.domains is 'A company names a domain once.';
comment on constraint domains_tenant_id_fkey on app.domains is 'A domain belongs to a company.';
comment on constraint domains_tenant_id_role_id_fkey on app.domains is 'Who joins by a domain gets a role of its company.';

comment on constraint conversations_title_check on app.conversations is 'A title is empty, or has at most 200 characters, on one line, and at least one of them shows.';
comment on constraint conversations_status_check on app.conversations is 'A conversation is open or archived.';
comment on constraint conversations_tenant_id_user_id_id_key on app.conversations is 'Each conversation has an id of its own.';
comment on constraint conversations_tenant_id_fkey on app.conversations is 'A conversation belongs to a company.';
comment on constraint conversations_tenant_id_user_id_fkey on app.conversations is 'A conversation belongs to a member of its company.';
comment on constraint conversations_tenant_id_team_id_fkey on app.conversations is 'A conversation''s team is one of its own company.';

comment on constraint messages_content_check on app.messages is 'A message has 1 to 32,000 characters, or parts; an answer has at most 400,000.';
comment on constraint messages_role_check on app.messages is 'A message is the user''s or the assistant''s.';
comment on constraint messages_tenant_id_fkey on app.messages is 'A message belongs to a company.';
comment on constraint messages_tenant_id_team_id_fkey on app.messages is 'A message''s team is one of its own company.';
comment on constraint messages_tenant_id_user_id_conversation_id_fkey on app.messages is 'A message goes into a conversation of its own user.';
comment on constraint messages_status_check on app.messages is 'A message is complete, streaming, stopped or failed.';
comment on constraint messages_parts_check on app.messages is 'Parts are a list of at most 100 objects of known types, in at most 256 kB.';
comment on constraint messages_generator_check on app.messages is 'An answer is by a model, extractive or curated.';
comment on constraint messages_model_check on app.messages is 'A model''s name has at most 100 characters.';
comment on constraint messages_finish_reason_check on app.messages is 'A reason is lower-case letters and hyphens, as stop or tool-calls.';
comment on constraint messages_error_code_check on app.messages is 'A code is lower-case letters, digits and underscores.';
comment on constraint messages_provenance_check on app.messages is 'Provenance is an object of at most 64 kB.';
comment on constraint messages_answers_check on app.messages is 'Only an answer is of a turn.';
comment on constraint messages_tenant_id_conversation_id_id_key on app.messages is 'Each message has an id of its own.';
comment on constraint messages_tenant_id_conversation_id_parent_id_fkey on app.messages is 'A message follows one of its own conversation.';

comment on constraint message_feedback_rating_check on app.message_feedback is 'A rating is up or down.';
comment on constraint message_feedback_comment_check on app.message_feedback is 'A comment has at most 2,000 characters.';
comment on constraint message_feedback_tenant_id_user_id_message_id_key on app.message_feedback is 'An answer is rated once by each; change what you said.';
comment on constraint message_feedback_tenant_id_fkey on app.message_feedback is 'Feedback belongs to a company.';
comment on constraint message_feedback_tenant_id_message_id_fkey on app.message_feedback is 'Feedback is on an answer in its own company.';
comment on constraint message_feedback_tenant_id_user_id_fkey on app.message_feedback is 'Feedback is a member''s of its company.';

comment on constraint model_prices_model_check on app.model_prices is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint model_prices_input_micros_check on app.model_prices is 'A price is 0 to 1,000,000,000,000 micro-units.';
comment on constraint model_prices_cached_input_micros_check on app.model_prices is 'A price is 0 to 1,000,000,000,000 micro-units.';
comment on constraint model_prices_output_micros_check on app.model_prices is 'A price is 0 to 1,000,000,000,000 micro-units.';
comment on constraint model_prices_reasoning_micros_check on app.model_prices is 'A price is 0 to 1,000,000,000,000 micro-units.';

comment on constraint usage_events_generator_check on app.usage_events is 'It went to an answer by a model, an extractive or a curated one, to memories, or to embeddings.';
comment on constraint usage_events_model_check on app.usage_events is 'A model''s name has 1 to 100 characters.';
comment on constraint usage_events_outcome_check on app.usage_events is 'A turn is complete, stopped or failed.';
comment on constraint usage_events_input_tokens_check on app.usage_events is 'Tokens are not negative.';
comment on constraint usage_events_check on app.usage_events is 'Cached tokens are part of the input.';
comment on constraint usage_events_output_tokens_check on app.usage_events is 'Tokens are not negative.';
comment on constraint usage_events_check1 on app.usage_events is 'Reasoning tokens are part of the output.';
comment on constraint usage_events_cost_micros_check on app.usage_events is 'A cost is not negative.';
comment on constraint usage_events_first_token_ms_check on app.usage_events is 'A time is not negative.';
comment on constraint usage_events_total_ms_check on app.usage_events is 'A time is not negative.';
comment on constraint usage_events_tenant_id_turn_id_key on app.usage_events is 'A turn is settled once.';
comment on constraint usage_events_tenant_id_fkey on app.usage_events is 'Figures belong to a company.';

comment on constraint usage_days_generator_check on app.usage_days is 'It went to an answer by a model, an extractive or a curated one, to memories, or to embeddings.';
comment on constraint usage_days_model_check on app.usage_days is 'A model''s name has 1 to 100 characters.';
comment on constraint usage_days_turns_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_stopped_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_failed_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_input_tokens_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_cached_input_tokens_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_output_tokens_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_reasoning_tokens_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_cost_micros_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_unpriced_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_thumbs_up_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_thumbs_down_check on app.usage_days is 'A sum is not negative.';
comment on constraint usage_days_first_counts_check on app.usage_days is 'Times are counted in 21 steps.';
comment on constraint usage_days_total_counts_check on app.usage_days is 'Times are counted in 21 steps.';
comment on constraint usage_days_once on app.usage_days is 'What is of one person, day, model, team and key is added up in one row.';
comment on constraint usage_days_tenant_id_fkey on app.usage_days is 'Figures belong to a company.';

comment on constraint model_providers_base_url_check on auth.model_providers is 'A provider''s address is a URL of at most 500 characters.';
comment on constraint model_providers_sealed_key_check on auth.model_providers is 'A provider''s key has at most 1,000 characters.';
comment on constraint model_providers_models_check on auth.model_providers is 'A list of models has 1 to 100; without a list any may be asked for.';
comment on constraint model_providers_default_model_check on auth.model_providers is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint model_providers_embedding_model_check on auth.model_providers is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint model_providers_system_prompt_check on auth.model_providers is 'A system prompt has at most 8,000 characters.';
comment on constraint model_providers_check on auth.model_providers is 'The model that answers by default is one of the list.';

comment on constraint budgets_level_check on app.budgets is 'A budget is for the tenant, a team, a user, a key or a model.';
comment on constraint budgets_model_check on app.budgets is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint budgets_period_check on app.budgets is 'A budget is for a day or a month.';
comment on constraint budgets_cap_micros_check on app.budgets is 'A cap is 0 to 1,000,000,000,000,000 micro-units.';
comment on constraint budgets_spent_micros_check on app.budgets is 'What was spent is not negative.';
comment on constraint budgets_reserved_micros_check on app.budgets is 'What is held is not negative.';
comment on constraint budgets_tenant_id_level_subject_id_model_period_key on app.budgets is 'There is one budget for the same thing and period; change its cap.';
comment on constraint budgets_subject_check on app.budgets is 'A budget of a team, a user or a key names it, one of a model names the model, and one of the tenant neither.';
comment on constraint budgets_tenant_id_fkey on app.budgets is 'A budget belongs to a company.';

comment on constraint user_preferences_language_check on app.user_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint user_preferences_tone_check on app.user_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint user_preferences_tenant_id_user_id_key on app.user_preferences is 'A member has preferences once.';
comment on constraint user_preferences_tenant_id_fkey on app.user_preferences is 'Preferences belong to a company.';
comment on constraint user_preferences_tenant_id_user_id_fkey on app.user_preferences is 'Preferences belong to a member of the company.';
comment on constraint user_preferences_model_check on app.user_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint user_preferences_temperature_check on app.user_preferences is 'A temperature is 0 to 2.';
comment on constraint user_preferences_max_answer_tokens_check on app.user_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_model_check on app.tenant_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint tenant_preferences_temperature_check on app.tenant_preferences is 'A temperature is 0 to 2.';
comment on constraint tenant_preferences_max_answer_tokens_check on app.tenant_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_language_check on app.tenant_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenant_preferences_tone_check on app.tenant_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint tenant_preferences_tenant_id_key on app.tenant_preferences is 'A company has defaults once.';
comment on constraint tenant_preferences_tenant_id_fkey on app.tenant_preferences is 'Defaults belong to a company.';

comment on constraint api_keys_kind_check on auth.api_keys is 'An API key is secret or publishable.';
comment on constraint api_keys_name_check on auth.api_keys is 'A key''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint api_keys_beginning_check on auth.api_keys is 'A key begins with rh_sk_ or rh_pk_.';
comment on constraint api_keys_digest_check on auth.api_keys is 'A digest has 32 bytes.';
comment on constraint api_keys_scopes_check on auth.api_keys is 'A key''s scopes are names of permissions; none of them is null.';
comment on constraint api_keys_requests_per_minute_check on auth.api_keys is 'A limit is 1 to 1,000,000 requests a minute.';
comment on constraint api_keys_origins_check on auth.api_keys is 'Origins are 1 to 20 of the form https://shop.example or http://localhost:3000, in lower case.';
comment on constraint api_keys_addresses_check on auth.api_keys is 'Addresses are 1 to 50 network addresses or blocks, such as 192.0.2.7 or 2001:db8::/32.';
comment on constraint api_keys_check on auth.api_keys is 'A key is somebody''s, or the tenant''s own with a role.';
comment on constraint api_keys_check1 on auth.api_keys is 'A publishable key is the tenant''s own, has the scope chat and no other, and lists its origins.';
comment on constraint api_keys_opens_guests_check on auth.api_keys is 'Only a publishable key lets guests in.';
comment on constraint api_keys_tenant_id_fkey on auth.api_keys is 'A key belongs to a company.';
comment on constraint api_keys_tenant_id_user_id_fkey on auth.api_keys is 'A key without a role is a member''s: the tenant''s own keys have no keys of theirs.';
comment on constraint api_keys_tenant_id_role_id_fkey on auth.api_keys is 'A key''s role is one of its own company.';
comment on constraint api_keys_tenant_id_replaces_fkey on auth.api_keys is 'A key replaces one of its own company.';

comment on constraint webhook_event_types_name_check on app.webhook_event_types is 'An event''s name is lower-case words, a dot, and lower-case words.';
comment on constraint webhook_endpoints_url_check on app.webhook_endpoints is 'An endpoint''s address begins with https://, has no user, no # and at most 2,000 characters of ASCII (a name in other letters is written in Punycode); in development it may be http://localhost.';
comment on constraint webhook_endpoints_description_check on app.webhook_endpoints is 'An endpoint''s description has at most 200 characters, on one line, and is empty or shows something.';
comment on constraint webhook_endpoints_events_check on app.webhook_endpoints is 'An endpoint subscribes to at most 50 events.';
comment on constraint webhook_endpoints_disabled_reason_check on app.webhook_endpoints is 'An endpoint is switched off because it is gone or failing.';
comment on constraint webhook_endpoints_last_sequence_check on app.webhook_endpoints is 'A sequence counts from 1.';
comment on constraint webhook_endpoints_check on app.webhook_endpoints is 'An endpoint that was switched off is off.';
comment on constraint webhook_endpoints_tenant_id_fkey on app.webhook_endpoints is 'An endpoint belongs to a company.';
comment on constraint webhook_deliveries_type_check on app.webhook_deliveries is 'An event''s name has at most 100 characters.';
comment on constraint webhook_deliveries_sequence_check on app.webhook_deliveries is 'A sequence counts from 1.';
comment on constraint webhook_deliveries_state_check on app.webhook_deliveries is 'A delivery is pending, delivered or dead.';
comment on constraint webhook_deliveries_attempts_check on app.webhook_deliveries is 'Attempts are counted from 0.';
comment on constraint webhook_deliveries_response_status_check on app.webhook_deliveries is 'An HTTP status has three digits.';
comment on constraint webhook_deliveries_failure_check on app.webhook_deliveries is 'A failure is one of those that the sender knows.';
comment on constraint webhook_deliveries_check on app.webhook_deliveries is 'A delivery that is settled says when.';
comment on constraint webhook_deliveries_check1 on app.webhook_deliveries is 'A delivery that is pending says when it is tried next.';
comment on constraint webhook_deliveries_tenant_id_fkey on app.webhook_deliveries is 'A delivery belongs to a company.';
comment on constraint webhook_deliveries_tenant_id_endpoint_id_fkey on app.webhook_deliveries is 'A delivery is for an endpoint of its own company.';
comment on constraint webhook_secrets_secret_check on auth.webhook_secrets is 'What is encrypted has at most 500 characters.';

comment on constraint registrations_name_check on auth.registrations is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_name_check on auth.registrations is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_slug_check on auth.registrations is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint registrations_check on auth.registrations is 'A company has a name and a slug, or neither.';

comment on constraint documents_visibility_check on app.documents is 'A document is for the tenant, for a team, or private.';
comment on constraint documents_title_check on app.documents is 'A document''s title has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint documents_file_name_check on app.documents is 'A file name has 1 to 255 characters, and no path.';
comment on constraint documents_media_type_check on app.documents is 'A media type is like text/plain, in lower case, without parameters.';
comment on constraint documents_tags_check on app.documents is 'A document has at most 20 tags, each of 1 to 60 characters on one line, without commas.';
comment on constraint documents_language_check on app.documents is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint documents_size_bytes_check on app.documents is 'A document has at most 100 MiB.';
comment on constraint documents_sha256_check on app.documents is 'A hash has 64 hexadecimal digits.';
comment on constraint documents_version_check on app.documents is 'Versions are counted from 0, which nobody sees.';
comment on constraint documents_status_check on app.documents is 'A document is queued, processing, ready or failed.';
comment on constraint documents_failure_check on app.documents is 'A failure is lower-case words joined by underscores.';
comment on constraint documents_progress_check on app.documents is 'A progress is from 0 to 100 percent.';
comment on constraint documents_attempt_check on app.documents is 'Attempts are counted from 0.';
comment on constraint documents_tries_check on app.documents is 'Tries are counted from 0.';
comment on constraint documents_visibility_team_check on app.documents is 'A document that is for a team names it, and no other document names one.';
comment on constraint documents_status_failure_check on app.documents is 'A document that has failed says why.';
comment on constraint documents_status_due_check on app.documents is 'A document that waits, or is being read, is due some time.';
comment on constraint documents_embedding_model_check on app.documents is 'A model''s name has 1 to 200 characters.';
comment on constraint documents_embedding_failure_check on app.documents is 'A failure is lower-case words joined by underscores.';
comment on constraint documents_embedding_check on app.documents is 'Passages were embedded by a model, or a failure says why not.';
comment on constraint documents_tenant_id_fkey on app.documents is 'A document belongs to a company.';
comment on constraint documents_tenant_id_user_id_fkey on app.documents is 'A document is brought by a member of its company; a key that is the company''s own brings none.';
comment on constraint documents_tenant_id_team_id_fkey on app.documents is 'A document''s team is one of its own company.';

comment on constraint document_versions_version_check on app.document_versions is 'Versions are counted from 1.';
comment on constraint document_versions_size_bytes_check on app.document_versions is 'A document has at most 100 MiB.';
comment on constraint document_versions_sha256_check on app.document_versions is 'A hash has 64 hexadecimal digits.';
comment on constraint document_versions_object_key_check on app.document_versions is 'An object is named by its company and 32 hexadecimal digits.';
comment on constraint document_versions_tenant_id_object_key_key on app.document_versions is 'An object is of one version.';
comment on constraint document_versions_tenant_id_document_id_version_key on app.document_versions is 'Each version of a document has a number of its own.';
comment on constraint document_versions_tenant_id_fkey on app.document_versions is 'A version belongs to a company.';
comment on constraint document_versions_tenant_id_document_id_fkey on app.document_versions is 'A version is of a document of its own company.';

comment on constraint document_contents_piece_check on app.document_contents is 'Pieces are counted from 1.';
comment on constraint document_contents_content_check on app.document_contents is 'A piece has at most one MiB.';
comment on constraint document_contents_tenant_id_document_id_version_piece_key on app.document_contents is 'Each piece of a version has a place of its own.';
comment on constraint document_contents_tenant_id_fkey on app.document_contents is 'A content belongs to a company.';
comment on constraint document_contents_tenant_id_document_id_version_fkey on app.document_contents is 'A content is of a version of its own company.';

comment on constraint document_chunks_version_check on app.document_chunks is 'Versions are counted from 1.';
comment on constraint document_chunks_attempt_check on app.document_chunks is 'Attempts are counted from 1.';
comment on constraint document_chunks_ordinal_check on app.document_chunks is 'Passages are counted from 0.';
comment on constraint document_chunks_starts_at_check on app.document_chunks is 'A passage begins at 0 or later.';
comment on constraint document_chunks_check on app.document_chunks is 'A passage ends where it begins, or later.';
comment on constraint document_chunks_heading_check on app.document_chunks is 'A heading has at most 1,000 characters.';
comment on constraint document_chunks_content_check on app.document_chunks is 'A passage has 1 to 20,000 characters.';
comment on constraint document_chunks_sha256_check on app.document_chunks is 'A hash has 64 hexadecimal digits.';
comment on constraint document_chunks_model_check on app.document_chunks is 'A model''s name has 1 to 200 characters.';
comment on constraint document_chunks_embedding_check on app.document_chunks is 'An embedding has 1 to 4,096 dimensions, and none is null.';
comment on constraint document_chunks_embedding_check1 on app.document_chunks is 'An embedding has its model and its signs.';
comment on constraint document_chunks_tenant_id_document_id_attempt_ordinal_key on app.document_chunks is 'Each passage of a reading has a place of its own.';
comment on constraint document_chunks_tenant_id_fkey on app.document_chunks is 'A passage belongs to a company.';
comment on constraint document_chunks_tenant_id_document_id_fkey on app.document_chunks is 'A passage is of a document of its own company.';

comment on constraint curated_answers_question_check on app.curated_answers is 'A question has 1 to 1,000 characters, and not only spaces.';
comment on constraint curated_answers_answer_check on app.curated_answers is 'An answer has 1 to 32,000 characters, and not only spaces.';
comment on constraint curated_answers_language_check on app.curated_answers is 'A language is named by its code of two or three letters, as en.';
comment on constraint curated_answers_document_ids_check on app.curated_answers is 'An answer rests on at most 20 documents.';
comment on constraint curated_answers_sources_check on app.curated_answers is 'Each document that an answer rests on has a version.';
comment on constraint curated_answers_tenant_id_fkey on app.curated_answers is 'A curated answer belongs to a company.';
comment on constraint curated_answers_tenant_id_user_id_fkey on app.curated_answers is 'A curated answer is written by a member of its company.';
comment on constraint curated_answers_tenant_id_team_id_fkey on app.curated_answers is 'A curated answer is for a team of its own company.';
comment on constraint curated_answers_tenant_id_message_id_fkey on app.curated_answers is 'A curated answer corrects an answer of its own company.';

comment on constraint memories_content_check on app.memories is 'What is remembered has 1 to 500 characters, and not only spaces.';
comment on constraint memories_tenant_id_fkey on app.memories is 'What is remembered belongs to a company.';
comment on constraint memories_tenant_id_user_id_fkey on app.memories is 'What is remembered is of a member of its company.';

comment on constraint user_profiles_questions_check on app.user_profiles is 'Questions are counted from 0.';
comment on constraint user_profiles_model_check on app.user_profiles is 'A model''s name has 1 to 200 characters.';
comment on constraint user_profiles_embedding_check on app.user_profiles is 'An embedding has 1 to 4,096 dimensions, and none is null.';
comment on constraint user_profiles_enabled_check on app.user_profiles is 'An embedding has its model, and a profile that is switched off has none.';
comment on constraint user_profiles_tenant_id_user_id_key on app.user_profiles is 'Each member has one profile in a company.';
comment on constraint user_profiles_tenant_id_fkey on app.user_profiles is 'A profile belongs to a company.';
comment on constraint user_profiles_tenant_id_user_id_fkey on app.user_profiles is 'A profile is of a member of its company.';

comment on constraint tool_servers_kind_check on app.tool_servers is 'A tool server is an HTTP API (http) or a server of the Model Context Protocol (mcp).';
comment on constraint tool_servers_name_check on app.tool_servers is 'A tool server''s name has 1 to 20 small letters, digits and hyphens, and begins and ends with a letter or a digit.';
comment on constraint tool_servers_url_check on app.tool_servers is 'A tool server''s address is a URL of https without a user, a ? or a #, of at most 500 characters.';
comment on constraint tool_servers_tenant_id_name_key on app.tool_servers is 'A company has one tool server of a name.';
comment on constraint tool_servers_tenant_id_fkey on app.tool_servers is 'A tool server belongs to a company.';
comment on constraint tool_servers_tenant_id_team_id_fkey on app.tool_servers is 'A tool server is for a team of its company.';
comment on constraint tools_name_check on app.tools is 'A tool''s name has 1 to 40 letters, digits, _ and hyphens.';
comment on constraint tools_description_check on app.tools is 'A tool is described in 1 to 4,000 characters, and not only spaces.';
comment on constraint tools_input_schema_check on app.tools is 'The input of a tool is described by a JSON Schema of type object, of at most 16,384 bytes.';
comment on constraint tools_method_check on app.tools is 'A tool is called by GET, POST, PUT, PATCH or DELETE.';
comment on constraint tools_path_check on app.tools is 'A path is empty or begins with /, has at most 300 characters, and neither ? nor # nor a step to . or ...';
comment on constraint tools_approval_check on app.tools is 'Whoever asks is asked first always, or never.';
comment on constraint tools_fingerprint_check on app.tools is 'A fingerprint is SHA-256 in hexadecimal.';
comment on constraint tools_approved_fingerprint_check on app.tools is 'A fingerprint is SHA-256 in hexadecimal.';
comment on constraint tools_http_check on app.tools is 'A tool of an HTTP API has a method and a path; another has neither.';
comment on constraint tools_tenant_id_server_id_name_key on app.tools is 'A tool server has one tool of a name.';
comment on constraint tools_tenant_id_fkey on app.tools is 'A tool belongs to a company.';
comment on constraint tools_tenant_id_server_id_fkey on app.tools is 'A tool is of a tool server of its company.';
comment on constraint tool_secrets_header_check on auth.tool_secrets is 'A header has 1 to 64 letters, digits and hyphens, and is none that HTTP, a proxy or Rowhouse writes.';
comment on constraint tool_secrets_sealed_check on auth.tool_secrets is 'A secret has at most 2,000 characters.';
comment on constraint tool_secrets_tenant_id_server_id_key on auth.tool_secrets is 'A tool server has one secret.';
comment on constraint tool_secrets_tenant_id_server_id_fkey on auth.tool_secrets is 'A secret is for a tool server.';
comment on constraint tool_approvals_fingerprint_check on auth.tool_approvals is 'A fingerprint is SHA-256 in hexadecimal.';
comment on constraint tool_approvals_call_id_check on auth.tool_approvals is 'A call is named in 1 to 200 characters.';
comment on constraint tool_approvals_tenant_id_fkey on auth.tool_approvals is 'A call of a tool belongs to a company.';
comment on constraint tool_approvals_tenant_id_answer_id_fkey on auth.tool_approvals is 'A call of a tool waits with its answer.';
comment on constraint tool_approvals_check on auth.tool_approvals is 'A call that was decided has a word, and no other has.';
