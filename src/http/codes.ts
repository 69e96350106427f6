/** What a code says: the same in every answer, so that a program compares the code and a person reads the rest. */
export interface CodeEntry {
  /** The HTTP status where the code is about the whole request. A field of a GraphQL answer that failed leaves 200. */
  readonly status: number;
  /** When it happens. */
  readonly happens: string;
  /** What the caller does then. */
  readonly remedy: string;
}

/**
 * Every code that an answer of ours can have, in `code` of a problem (RFC 9457) and, in capitals, in `extensions.code` of
 * GraphQL. docs/errors is generated from here. The refusals of the database (db/schema/errors.sql) have a line each too:
 * a test holds the two lists together.
 */
export const CODES = {
  account_deletion_pending: {
    status: 403,
    happens: "The person proved who they are, but their account is to be deleted, and the grace is running.",
    remedy:
      "Ask whether it is to stay. If so, send `restoreToken` of the answer, which is good for ten minutes, as `token` to `POST /auth/account/restore`, and sign in again. The link and the code of the mail go there too.",
  },
  account_required: {
    status: 403,
    happens:
      "The call is about an account, and a guest has none: a password, an address, a second factor, an API key, another company, or a role.",
    remedy: "Let them sign up: `POST /auth/guest/upgrade`. They keep their conversations.",
  },
  already_invited: {
    status: 409,
    happens: "The address has an invitation of the company that waits for an answer.",
    remedy: "Send that one again with `resendInvitation`, or revoke it first.",
  },
  already_member: {
    status: 409,
    happens: "The person is a member of the company already, or is suspended there.",
    remedy: "Change their role, or `reactivateMember`; who accepts has nothing to do: sign in.",
  },
  answer_too_large: {
    status: 502,
    happens: "A model said more than an answer may hold, and was cut off.",
    remedy: "Ask for less, or for a part of it. What came until then is kept.",
  },
  answer_too_slow: {
    status: 504,
    happens: "A model took longer for an answer than it may, and was cut off.",
    remedy: "Ask for less, or try again. What came until then is kept.",
  },
  api_key_address_refused: {
    status: 401,
    happens: "The API key has a list of network addresses, and the one that asks is not on it.",
    remedy: "Ask from one of those, or add the address with `updateApiKey`.",
  },
  api_key_invalid: {
    status: 401,
    happens:
      "What came as an API key does not look like one of ours, or its checksum is wrong: it was cut or mistyped.",
    remedy: "Send the whole key, as it was shown when it was made: `rh_sk_…` or `rh_pk_…`.",
  },
  api_key_origin_refused: {
    status: 401,
    happens:
      "The API key has a list of origins, and the page that asks is not of one of them, or nobody said which page it is.",
    remedy: "Use the key from its own pages only, or add the origin with `updateApiKey`.",
  },
  api_key_over: {
    status: 409,
    happens: "The API key that was to be changed or rotated was revoked, or has expired.",
    remedy: "Make another with `createApiKey`.",
  },
  api_key_revoked: {
    status: 401,
    happens: "The API key was revoked.",
    remedy: "Use another key; this one never works again.",
  },
  approval_expired: {
    status: 409,
    happens: "A call of a tool waited for longer than a day for yes or no.",
    remedy: "Ask the question again.",
  },
  approval_given: {
    status: 409,
    happens: "Yes or no was said to this call of a tool before, perhaps in another tab.",
    remedy: "Read the conversation again: the answer has gone on.",
  },
  bad_request: {
    status: 400,
    happens: "The request cannot be read as HTTP has it, for example an escape in its path.",
    remedy: "Read `detail`, and mend the client: the same request is refused again.",
  },
  body_incomplete: {
    status: 400,
    happens: "The body ended before the length that `Content-Length` promised, or its chunks did not end.",
    remedy: "Send it again, whole. A proxy that cuts uploads short is the usual cause.",
  },
  body_too_deep: {
    status: 400,
    happens: "Objects and lists of the JSON body stand more than 32 levels within one another.",
    remedy: "Send what the call takes: nothing that we read is nested more than a few levels.",
  },
  body_too_large: {
    status: 413,
    happens: "The body has more than 100,000 bytes.",
    remedy: "Send less, in several requests. The connection is closed.",
  },
  budget_exceeded: {
    status: 402,
    happens:
      "An answer may cost more than is left of a budget: the company's, a team's, a person's, a key's or a model's. The message says which, how much it is, and how much of it is used or held by answers under way.",
    remedy:
      "Wait until the next day or month begins (UTC), ask for a shorter answer or a cheaper model, or have whoever holds `configure_model` raise the cap. Nothing was written.",
  },
  cannot_join: {
    status: 403,
    happens:
      "There is no company of that name that lets people of this address in by themselves; or it took this person out, or suspended them.",
    remedy: "Ask one of the company's administrators for an invitation.",
  },
  captcha_failed: {
    status: 403,
    happens:
      "The provider of the CAPTCHA says that it was not solved, or that its token was used or is too old; or it was solved in a page that is not ours, or for another call.",
    remedy:
      "Show the widget again (its token is good once), on an origin of `PUBLIC_URL` or `CORS_ORIGINS`, with the `action` of the call.",
  },
  captcha_required: {
    status: 400,
    happens: "The server asks for a CAPTCHA here (`CAPTCHA`), and the body has none.",
    remedy: "Show the provider's widget, and send the token that it gives as `captcha`.",
  },
  captcha_unavailable: {
    status: 503,
    happens:
      "The provider of the CAPTCHA does not answer, or refuses our secret. Nobody is let through meanwhile.",
    remedy:
      "Wait as long as `Retry-After` says, and try again with a new token. The operator's log says what is wrong.",
  },
  conflict: {
    status: 409,
    happens:
      "There is one like it already (two roles of one name), or something else still refers to what was to go. `field` and `rule` say which.",
    remedy: "Read what is there, and decide; the same request is refused again.",
  },
  content_corrupt: {
    status: 500,
    happens:
      "The bytes of a document are not those that were brought: the object storage lost them, or has others. Nothing of a file of up to a MiB is sent then; of a larger one the answer breaks off.",
    remedy: "Bring the file again, as a new version. The operator has the object's name in the log.",
  },
  conversation_archived: {
    status: 409,
    happens: "The conversation that a message was written into is archived.",
    remedy:
      "Show it as read-only. Its member can open it again: `updateConversation` with the status `OPEN`.",
  },
  credential_expired: {
    status: 401,
    happens:
      "The session or the API key is past its time: a session ends after 7 days without a refresh and after 30 days in any case.",
    remedy: "Sign in again, or use another key.",
  },
  credential_missing: {
    status: 401,
    happens: "The call wants a credential and the request has none.",
    remedy:
      "Sign in at `POST /auth/login`, and send `Authorization: Bearer <access_token>`; or send an API key.",
  },
  credential_unknown: {
    status: 401,
    happens:
      "Nobody knows the session or the API key here: it is invented, cut, of another server, or was forgotten after 90 days.",
    remedy: "Look whether the key is whole and for this server; else sign in again.",
  },
  credentials_conflict: {
    status: 400,
    happens: "The request has both `Authorization` and `X-API-Key`, and nothing says whose it is.",
    remedy: "Send one of them.",
  },
  daily_limit_reached: {
    status: 429,
    happens:
      "The company has used up the requests a day that its plan allows, `used` of `most`; those of all its members, guests and keys count together, but not what is under `/auth/`.",
    remedy:
      "Wait until midnight, UTC: as many seconds as `Retry-After` says. Or get a larger plan. `myUsage` says, while there are some left, how many were made.",
  },
  database_unavailable: {
    status: 503,
    happens: "The database starts, stops, has no room, follows another server or cannot be reached.",
    remedy:
      "Wait as long as `Retry-After` says, then try again. A change may have been made although the answer was lost: look before you repeat one.",
  },
  document_too_large: {
    status: 400,
    happens: "A GraphQL document has more than 2,000 tokens.",
    remedy: "Ask in several requests, and put values into variables.",
  },
  email_unproven: {
    status: 403,
    happens:
      "The provider does not say that it proved the person's address, or is not trusted to, so nobody knows whose account this is.",
    remedy:
      "Sign in another way, and link the identity from there (`POST /auth/oauth/link`); or register with the address.",
  },
  event_stream_required: {
    status: 406,
    happens: "The operation is a subscription, and `Accept` does not name `text/event-stream`.",
    remedy:
      "Send `Accept: text/event-stream` and read events, as the package `graphql-sse` does; or ask once, by the query of the same text.",
  },
  file_broken: {
    status: 422,
    happens:
      "The file cannot be read to its end: it is damaged, says something else of itself than it holds, or declares what its type forbids.",
    remedy: "Open it where it was made, save it anew and upload that.",
  },
  file_encoding_unknown: {
    status: 422,
    happens:
      "The text is neither UTF-8 nor what it says itself by a byte order mark or, in HTML, by `charset`. It is not guessed at.",
    remedy: "Save it as UTF-8.",
  },
  file_encrypted: {
    status: 422,
    happens: "The file opens with a password only.",
    remedy: "Save it without a password.",
  },
  file_protected: {
    status: 422,
    happens: "The author of the PDF does not permit its text to be taken out (ISO 32000-1 table 22, bit 5).",
    remedy: "Ask them for one that permits it.",
  },
  file_too_costly: {
    status: 422,
    happens:
      "Reading the file took more memory than `DOCUMENT_MEMORY_MB`, or its parts unpack to too much or stand too deep in one another.",
    remedy: "Split it, or leave out what is no text. A file that people wrote hardly ever gets here.",
  },
  file_too_large: {
    status: 413,
    happens: "The file has more bytes than `DOCUMENT_MAX_BYTES`.",
    remedy: "Split it, or leave out its pictures.",
  },
  file_too_long: {
    status: 422,
    happens:
      "The text of the file has more characters than `DOCUMENT_MAX_CHARACTERS`, or a PDF more than 5,000 pages.",
    remedy: "Split it.",
  },
  file_too_slow: {
    status: 422,
    happens: "Reading the file took longer than `DOCUMENT_TIMEOUT_MS`.",
    remedy: "Split it, or save it as something simpler.",
  },
  file_type_mismatch: {
    status: 415,
    happens: "What the file is called, what it was sent as and what it is inside do not agree.",
    remedy: "Give it the name that belongs to it.",
  },
  file_type_unsupported: {
    status: 415,
    happens: "The file is neither text, Markdown, HTML, PDF nor DOCX.",
    remedy: "Save it as one of them.",
  },
  file_without_text: {
    status: 422,
    happens: "No letter and no digit was found. A scan has only pictures of text.",
    remedy: "Have the text of a scan recognised first, and upload what comes of it.",
  },
  fingerprint_mismatch: {
    status: 401,
    happens:
      "The session belongs to another browser, platform or program than `User-Agent` says, or to another network, as far as the company binds its sessions (`fingerprint` of `myTenant`).",
    remedy:
      "Sign in from here. A token that was copied from elsewhere, for example into GraphiQL, is refused like this.",
  },
  guest_unwelcome: {
    status: 401,
    happens: "The company takes no guests any more (`allowsGuests`), and the session is a guest's.",
    remedy: "Offer to sign in or to sign up. The guest can go on if the company takes guests again.",
  },
  guests_not_allowed: {
    status: 403,
    happens:
      "The company takes no guests (`allowsGuests` of `updateTenant`), or the publishable key lets none in (`opensGuests` of `createApiKey` and `updateApiKey`).",
    remedy:
      "Whoever holds `manage_tenant` and `manage_api_keys` there can allow it. Until then, let people sign in.",
  },
  idempotency_in_progress: {
    status: 409,
    happens: "A request with the same `Idempotency-Key` is under way.",
    remedy: "Wait a moment and send the same request, with the same key, again.",
  },
  idempotency_key_invalid: {
    status: 400,
    happens: "The `Idempotency-Key` is empty, too long or no single string.",
    remedy: "Send one string of 1 to 255 visible ASCII characters, such as a UUID, with or without quotes.",
  },
  idempotency_key_reused: {
    status: 422,
    happens: "The `Idempotency-Key` was used for another request.",
    remedy: "Make a new key for each thing that you want done, and keep it for repetitions of that one only.",
  },
  idempotency_replayed: {
    status: 409,
    happens:
      "A request with this `Idempotency-Key` has made its changes, but its answer is not there to be repeated. Nothing was done again.",
    remedy: "Read what is there: the change was made once.",
  },
  identity_taken: {
    status: 409,
    happens: "The account elsewhere signs in somebody else here already.",
    remedy: "Sign in with it, and unlink it there first; or link another.",
  },
  internal_error: {
    status: 500,
    happens: "Something broke that we did not foresee. It is our fault, and the log has it under `errorId`.",
    remedy: "Try again later; if it stays, report `errorId`.",
  },
  invalid_code: {
    status: 401,
    happens:
      "The code of the second factor is wrong, too old, or was used before; or it is no recovery code that is left.",
    remedy: "Ask for the next code that the app shows. An mfaToken is good for five tries.",
  },
  invalid_credentials: {
    status: 401,
    happens:
      "The e-mail address or the password is wrong; which of them, nobody is told. At `/auth/password/change`: `current` is.",
    remedy: "Ask the person again. After a few wrong tries comes `too_many_attempts`.",
  },
  invalid_dpop_proof: {
    status: 401,
    happens:
      "The `DPoP` header is missing although the session is bound to a key, is not one well-made proof, was used before, or is for another method, address, access token or key (RFC 9449). Without an access token, as at a sign-in or a refresh, the status is 400.",
    remedy:
      "Sign a new proof for each request, with the key that the session began with. `detail` says what was wrong.",
  },
  invalid_exchange_code: {
    status: 401,
    happens:
      "The one-time code of a sign-in with a provider was used, is older than a minute, or its verifier does not fit.",
    remedy: "Begin again at `GET /auth/oauth/:provider`. Send each code once.",
  },
  invalid_grant: {
    status: 401,
    happens:
      "The refresh token is unknown, expired, replaced by a newer one, or its session has ended (RFC 6749 section 5.2).",
    remedy: "Forget the tokens and sign in again.",
  },
  invalid_input: {
    status: 400,
    happens:
      "A value breaks a rule of the data: it is too long, of the wrong type, missing, or not one of those that are allowed. `field` says which value, `rule` which rule, and the message what it wants.",
    remedy: "Show the message beside the field, and let the person mend it.",
  },
  invalid_query: {
    status: 400,
    happens: "The GraphQL document does not parse, or asks for what the schema does not have.",
    remedy: "Compare it with `schema.graphql`; a code generator finds this before it is sent.",
  },
  invalid_verification_token: {
    status: 400,
    happens:
      "The link or the code of a mail was used already, has expired, was replaced by that of a newer mail, was cut or is wrong.",
    remedy: "Ask for another mail, the way the first was asked for.",
  },
  invitation_needs_sign_in: {
    status: 401,
    happens: "The invited address has an account, and nobody is signed in.",
    remedy: "Sign in to it, and send its access token with the invitation's token.",
  },
  invitation_of_another: {
    status: 403,
    happens: "Somebody is signed in whose address is not the invited one.",
    remedy:
      "Sign in with the invited address; or sign out, if it has no account yet, and send `name` and `password`.",
  },
  invitation_over: {
    status: 409,
    happens: "The invitation that was to be sent again or revoked was accepted, or was revoked.",
    remedy: "Invite the address anew, if need be.",
  },
  inviter_lost_right: {
    status: 403,
    happens:
      "Whoever sent the invitation was removed, suspended or demoted since: they do not hold any more what it promises.",
    remedy: "Ask the company to send it again: whoever does answers for it then.",
  },
  last_owner: {
    status: 409,
    happens:
      "The change would leave a company without an active owner; at `/auth/account/delete`, `tenants` says which. Who is about to be deleted does not count as one.",
    remedy: "Make somebody else an owner first.",
  },
  last_way_in: {
    status: 409,
    happens:
      "The identity or the passkey is the last way to sign in: there is no password, and no other of either.",
    remedy: "Set a password, link an account or add another passkey first.",
  },
  legal_hold: {
    status: 409,
    happens:
      "A legal hold stands over the company, or over the person whose conversation, document or account it is: it is kept as it is. `legalHolds` says why, to who may read the trail.",
    remedy: "Wait until the hold is released; the operator does that. Ask your administrators.",
  },
  limit_reached: {
    status: 409,
    happens:
      "There is as much of something as the company's plan, or Rowhouse itself, allows; `detail` says of what, and how much.",
    remedy:
      "Give up what nobody needs, or get a larger plan where it is the plan's. `myUsage` says what there is of everything that plans limit.",
  },
  link_of_another_browser: {
    status: 403,
    happens:
      "The link that signs in or changes an address was asked for in another browser, so this one lacks the cookie; nothing of it was used up.",
    remedy:
      "Ask the person for the six digits of the same mail, and send `email` and `code`; for a change of the address with the access token of its owner.",
  },
  list_too_long: {
    status: 400,
    happens: "A list in an argument of GraphQL has more than 100 entries.",
    remedy: "Ask in several requests.",
  },
  malformed_json: {
    status: 400,
    happens: "The body is no JSON, or not in UTF-8.",
    remedy: "Mend what writes it; no part of it was read.",
  },
  malformed_target: {
    status: 400,
    happens: "The request's target is no path and no address (RFC 9112 section 3.2).",
    remedy: "Send a path that begins with a slash.",
  },
  malformed_upload: {
    status: 400,
    happens:
      "The body is no well-formed `multipart/form-data`, such as one without a `boundary`, or that ends within a part.",
    remedy:
      "Leave the header `Content-Type` to what makes the form: it knows the boundary. Or send the file itself as the body, with `?name=`.",
  },
  membership_removed: {
    status: 401,
    happens: "The person is no member of the company any more.",
    remedy: "Sign in to another company, or without `tenant`.",
  },
  membership_suspended: {
    status: 401,
    happens: "The person is suspended in the company.",
    remedy:
      "An administrator of the company can say why. Other companies are not affected: sign in to one of them.",
  },
  message_blank: {
    status: 400,
    happens: "A message has nothing to read: only spaces, or characters that leave no mark.",
    remedy: "Do not send it. A button that is off until something was typed saves the way.",
  },
  method_not_allowed: {
    status: 405,
    happens:
      "There is something at this address, but not for this method. `Allow` lists those that it takes.",
    remedy: "Use one of them. GraphQL takes POST only.",
  },
  metrics_token_invalid: {
    status: 401,
    happens: "`/metrics` was asked without the token that the operator has set.",
    remedy: "Send it as a bearer token.",
  },
  mfa_enrolment_required: {
    status: 401,
    happens: "The password is right, but the company wants a second factor and the person has none.",
    remedy:
      "Take `mfaToken` to `POST /auth/mfa/totp/enroll`, show the code to scan, and confirm it at `/auth/mfa/totp/confirm`, which signs in; or add a passkey with it at `/auth/passkey/register`, which does too.",
  },
  mfa_required: {
    status: 401,
    happens: "The password is right, and the account has a second factor.",
    remedy:
      "Ask for its code, and send it with `mfaToken` to `POST /auth/mfa/verify`; or show a passkey at `/auth/mfa/passkey/verify`.",
  },
  mfa_token_invalid: {
    status: 401,
    happens:
      "The mfaToken is none, or is over: it is good for ten minutes, for five tries, for one sign-in, and for what it was made for only.",
    remedy: "Sign in again.",
  },
  model_address_refused: {
    status: 502,
    happens:
      "The address that is set for the model's provider leads inside of a network, is not `https`, or has a port that is not called. That a name does not exist is told the same.",
    remedy:
      "Set another address. The operator can allow internal ones for the installation's own provider with `MODEL_PROVIDER_INTERNAL`, never for a company's.",
  },
  model_busy: {
    status: 503,
    happens:
      "The model's provider has too much to do, also after further attempts, or the limit of its key is used up.",
    remedy:
      "Wait for `retryAfter` seconds, if it is there, and try again; or have the provider raise the limit.",
  },
  model_crowded: {
    status: 503,
    happens: "As many answers as may be asked of the endpoint at a time are being written.",
    remedy: "Try again in a moment.",
  },
  model_cut: {
    status: 502,
    happens:
      "The model's provider broke off in the middle of an answer, without having said that it was done.",
    remedy: "Try again. What came until then is kept, marked as failed.",
  },
  model_failed: {
    status: 502,
    happens: "The model's provider says that it failed.",
    remedy: "Try again. What the provider said is in the log, without its key.",
  },
  model_key_refused: {
    status: 502,
    happens: "The model's provider does not know the key that is set for it, or not for this model.",
    remedy: "Set another key.",
  },
  model_malformed: {
    status: 502,
    happens:
      "What came from the model's provider is not in the shape of OpenAI's API: a page, broken JSON, vectors of the wrong length.",
    remedy: "Check the address, which ends with `/v1` as a rule; else try again.",
  },
  model_not_allowed: {
    status: 403,
    happens:
      "There is a list of models that may answer, the company's or, where it has no provider of its own, the installation's, and the one that was asked for is not on it.",
    remedy: "Ask for one of its models, or leave the model out.",
  },
  model_redirects: {
    status: 502,
    happens: "The model's provider leads to another address, which is not followed.",
    remedy: "Set the address at which it answers itself.",
  },
  model_refused: {
    status: 502,
    happens:
      "The model's provider does not take the request: it does not have the model, or not the setting.",
    remedy: "Check the model's name and its settings. What the provider said is in the log.",
  },
  model_resting: {
    status: 503,
    happens: "The endpoint failed several times in a row and is left alone for a while.",
    remedy:
      "Try again after `retryAfter` seconds: one request is let through then, and all of them if it goes well.",
  },
  model_stalled: {
    status: 504,
    happens: "The model's provider said nothing for longer than a pause may be.",
    remedy: "Try again. What came until then is kept, marked as failed.",
  },
  model_unreachable: {
    status: 502,
    happens: "No connection to the model's provider could be made.",
    remedy: "Try again later; check the address, and whether a firewall lets us out.",
  },
  not_a_guest: {
    status: 409,
    happens: "Whoever wants to become an account has one already.",
    remedy: "Go on with it. Another address is `POST /auth/email/change`.",
  },
  not_a_member: {
    status: 403,
    happens:
      "The password is right, but the person is no member of the company that they want to sign in to.",
    remedy: "Sign in without `tenant`, or to one of the companies in `tenants`.",
  },
  not_acceptable: {
    status: 406,
    happens: "`Accept` leaves out what the address answers.",
    remedy: "Accept `application/json`, or leave the header away.",
  },
  not_found: {
    status: 404,
    happens:
      "There is nothing at this address; or, in GraphQL, no such row that the caller may see. Whether somebody else has one is not said.",
    remedy: "Look at the address or the id. What was there may be gone, or be somebody else's.",
  },
  oauth_state_invalid: {
    status: 400,
    happens:
      "The browser came back from a provider that it was not sent to: the cookie is missing, ten minutes are over, or the address was used before.",
    remedy: "Begin again at `GET /auth/oauth/:provider`, in the same browser.",
  },
  origin_not_allowed: {
    status: 403,
    happens: "A cookie came from a page whose origin is not on the list.",
    remedy: "Add the origin to `CORS_ORIGINS`, or send the refresh token in the body.",
  },
  page_too_large: {
    status: 400,
    happens: "`first` or `last` asks for more than 100 rows, or for fewer than none.",
    remedy: "Ask for 100 at most, and go on with `after: pageInfo.endCursor`.",
  },
  parent_unknown: {
    status: 404,
    happens:
      "A message names a parent that is not in its conversation, or a question is to be answered again that is none.",
    remedy: "Read the conversation again and name one of its messages. Nothing was written.",
  },
  passkey_challenge_invalid: {
    status: 401,
    happens:
      "What the authenticator signed is no challenge of ours any more: five minutes are over, it was used, or it was made for another purpose or somebody else.",
    remedy: "Ask for new options, and let the authenticator sign those.",
  },
  passkey_exists: {
    status: 409,
    happens: "The passkey that was to be added is known here already.",
    remedy: "Use it, or add one of another device.",
  },
  passkey_limit: {
    status: 409,
    happens: "The person has twenty passkeys, and nobody has more.",
    remedy: "Remove one that is not used any more (`removePasskey`), and try again.",
  },
  passkey_missing: {
    status: 409,
    happens: "The person has no passkey that could be shown.",
    remedy: "Show what they have: the password, or a code.",
  },
  passkey_refused: {
    status: 401,
    happens:
      "What the authenticator answered does not hold: the passkey is not known here or somebody else's, the page is not one of ours, the authenticator did not verify its user, the signature is wrong, or the passkey was copied.",
    remedy:
      "Ask for new options and try again, or sign in another way. If it lasts, remove the passkey and add it anew.",
  },
  password_required: {
    status: 400,
    happens: "Somebody without a second factor wanted to step up by a code.",
    remedy: "Ask for the password.",
  },
  permission_denied: {
    status: 403,
    happens:
      "The caller's role does not permit this. `permission` names what is missing, where one permission is.",
    remedy: "Ask an administrator of the company; hide what `myPermissions` does not list.",
  },
  price_unknown: {
    status: 409,
    happens: "There is a budget, and nobody has entered what the model costs, so nothing can be held of it.",
    remedy: "Ask for a model with a price, or have the installation's operator enter this one's.",
  },
  prompt_too_long: {
    status: 413,
    happens:
      "The question, with what the system prompt says, is more than the model reads. What was said before, and what was found, was left out already.",
    remedy: "Ask in fewer words, or use a model that reads more.",
  },
  provider_unavailable: {
    status: 503,
    happens: "The provider that should sign somebody in cannot be reached.",
    remedy: "Try again later, or sign in another way.",
  },
  public_mail_domain: {
    status: 400,
    happens: "The domain is of a mail provider where anybody can have an address.",
    remedy: "Name a domain that is the company's own; invite people by their addresses.",
  },
  publishable_key_required: {
    status: 403,
    happens: "Guests are let in by a publishable API key (`rh_pk_…`), and another credential came.",
    remedy: "Send the key that is made for the page.",
  },
  refresh_token_missing: {
    status: 401,
    happens: "`POST /auth/refresh` has neither a refresh token nor its cookie, as on a first visit.",
    remedy: "Sign in.",
  },
  registration_closed: {
    status: 403,
    happens: "Nobody can make an account here by themselves (`REGISTRATION`).",
    remedy: "Ask whoever runs this installation for an account.",
  },
  registration_invited: {
    status: 403,
    happens:
      "Only who was invited gets an account here (`REGISTRATION`), and this address was not, or too long ago.",
    remedy: "Ask whoever runs this installation for an invitation, and open the link in its mail.",
  },
  retention_too_short: {
    status: 400,
    happens:
      "The trail was to be kept for fewer months than the operator allows; the message says how many those are.",
    remedy: "Give at least as many, or null: then it is kept without end.",
  },
  retry: {
    status: 409,
    happens:
      "Somebody else was changing the same rows at the same moment, and one of the two had to give way.",
    remedy: "Try again, the same request: nothing of it was done.",
  },
  scheme_unsupported: {
    status: 401,
    happens: "`Authorization` has another scheme than Bearer and DPoP.",
    remedy:
      "Send `Authorization: Bearer <access token or API key>`, or `DPoP <access token>` if the `token_type` says so.",
  },
  seats_taken: {
    status: 409,
    happens: "The company has as many active members as it has seats.",
    remedy: "Remove or suspend somebody, or get more seats. An invitation stays good meanwhile.",
  },
  second_factor_exists: {
    status: 409,
    happens:
      "Somebody who has a second factor wanted to set up another, or any at all with an `mfaToken`, which proves the first one only.",
    remedy:
      "Sign in with it. To have another, remove it at `POST /auth/mfa/totp/remove` and set up the new one.",
  },
  second_factor_missing: {
    status: 409,
    happens: "There is no second factor to confirm or to remove.",
    remedy: "Set one up at `POST /auth/mfa/totp/enroll`.",
  },
  second_factor_required: {
    status: 400,
    happens: "Somebody who has a second factor wanted to step up by the password.",
    remedy: "Ask for a code of the app, a recovery code, or a passkey (`POST /auth/step-up/passkey`).",
  },
  session_ended: {
    status: 401,
    happens:
      "The session was signed out, here or from another device, replaced by a newer one where the company allows one only, or ended with a change of the password or because somebody showed an old refresh token of it.",
    remedy: "Sign in again. Nothing else helps: a refresh is refused too.",
  },
  session_required: {
    status: 403,
    happens:
      "The call is about a session, and the credential is an API key, which has none; or it would loosen or replace the very key it comes with.",
    remedy: "Send the access token of a session. An API key is revoked, not signed out.",
  },
  step_up_required: {
    status: 401,
    happens:
      "What was to be done wants somebody who proved in the last ten minutes who they are: making or rotating an API key, a second factor, what a company wants of its members, what colleagues may do, who comes into a team, exporting or deleting one's account.",
    remedy:
      "Ask for the password, or the code of the second factor, send it to `POST /auth/step-up`, or show a passkey at `/auth/step-up/passkey`; then try again with the same token.",
  },
  storage_unavailable: {
    status: 503,
    happens:
      "The object storage that has the bytes of documents cannot be reached, or fails. What was to be kept was not.",
    remedy: "Wait as long as `Retry-After` says, then send the file, or ask for it, again.",
  },
  support_ended: {
    status: 401,
    happens:
      "This access for support was ended, by the operator, by an admin of the company, or by its setting.",
    remedy: "The operator asks the company, and enters again with `rowhouse support enter`.",
  },
  support_read_only: {
    status: 403,
    happens: "The operator is in the company to look, and something would have been changed.",
    remedy:
      "An admin of the company sets `supportAccess` to `WRITE`; then the operator enters again, with `--write`.",
  },
  tenant_closed: {
    status: 401,
    happens: "The company's account is closed.",
    remedy: "Sign in to another company, or without `tenant`.",
  },
  tenant_mismatch: {
    status: 401,
    happens: "The token names another company than the one its session is for.",
    remedy: "Throw it away and sign in again.",
  },
  tenant_suspended: {
    status: 401,
    happens: "The company's account is suspended, at the sign-in or since.",
    remedy:
      "Whoever runs this service can say why. Other companies are not affected: sign in to one of them.",
  },
  timeout: {
    status: 503,
    happens:
      "A statement or a plan took longer than it may, and was stopped. Nothing of that statement was done.",
    remedy:
      "Ask for less: a smaller page, fewer fields. If it happens to small requests, the server is busy; wait.",
  },
  token_expired: {
    status: 401,
    happens: "The access token's 15 minutes are over.",
    remedy: "Get a new one at `POST /auth/refresh`, and repeat the request.",
  },
  token_invalid: {
    status: 401,
    happens:
      "The access token was not signed by us, not for us, or altered, also in nothing but its spelling.",
    remedy: "Throw it away and sign in again.",
  },
  token_malformed: {
    status: 401,
    happens: "What came as an access token is none.",
    remedy: "Send `access_token` of the sign-in, unaltered.",
  },
  token_not_yet_valid: {
    status: 401,
    happens: "The access token is valid from a later time on.",
    remedy: "Compare the clocks.",
  },
  too_costly: {
    status: 400,
    happens:
      "The operation could answer with more than 25,000 fields if every page were full; values in arguments count too, a field that counts a list is a hundred, one of the schema's description of itself a quarter.",
    remedy: "Ask for smaller pages (`first`), for fewer fields, or in several requests.",
  },
  too_deep: {
    status: 400,
    happens:
      "Fields of the operation stand more than 12 within one another, or brackets of the document more than 64.",
    remedy: "Ask for the inner rows in a request of their own, by their ids.",
  },
  too_many_at_once: {
    status: 429,
    happens:
      "More of the tenant's or the credential's requests are being answered at once than is their share while others want to be served too.",
    remedy: "Wait as many seconds as `Retry-After` says, and send fewer at the same time.",
  },
  too_many_attempts: {
    status: 429,
    happens: "There were too many wrong passwords or codes for this address, or from this network.",
    remedy: "Wait as many seconds as `Retry-After` says.",
  },
  too_many_domains: {
    status: 409,
    happens: "The company has twenty domains, which is the most.",
    remedy: "Remove one that is not needed.",
  },
  too_many_guests: {
    status: 429,
    happens: "The company has as many guests at a time as the installation allows (`GUEST_LIMIT`).",
    remedy: "Wait as long as `Retry-After` says. A guest leaves by signing out, or when their session ends.",
  },
  too_many_invitations: {
    status: 429,
    happens:
      "An invitation was mailed three times within an hour, or the company mailed two hundred within a day.",
    remedy: "Wait, and send it again.",
  },
  too_many_lists: {
    status: 400,
    happens:
      "The operation has more than 25 fields that come in pages; aliases and each spread of a fragment count.",
    remedy: "Ask in several requests.",
  },
  too_many_requests: {
    status: 429,
    happens: "The quota of the network address or of the credential is used up; `RateLimit` says which.",
    remedy: "Wait as many seconds as `Retry-After` says, and send fewer.",
  },
  too_many_root_fields: {
    status: 400,
    happens: "The operation has more than ten root fields; aliases count.",
    remedy: "Ask in several requests.",
  },
  too_many_subscriptions: {
    status: 429,
    happens:
      "As many subscriptions are open with this credential as may be (`SUBSCRIPTIONS_PER_CREDENTIAL`), or the company has its share of those that the process keeps open (`SUBSCRIPTION_LIMIT`).",
    remedy: "Close those that nobody looks at, and try again after as many seconds as `Retry-After` says.",
  },
  too_many_tenants: {
    status: 409,
    happens: "The person owns twenty companies already.",
    remedy: "Delete one with `deleteTenant`, or make somebody else its owner.",
  },
  tool_changed: {
    status: 409,
    happens:
      "A tool is not what it was: since its call was put to the person who asked, or since an administrator looked at it, it was changed, removed or switched off, or it is for a team that the person left.",
    remedy:
      "Say no to the call, or ask the question again. An administrator reads the tool again, and approves it as it is.",
  },
  tool_server_failed: {
    status: 502,
    happens:
      "An MCP server could not be asked what it offers: it cannot be reached, is at an address that is not called, leads elsewhere, or does not answer as the protocol has it.",
    remedy: "Look whether its address and its secret are right, and try again.",
  },
  trail_immutable: {
    status: 403,
    happens: "Something tried to rewrite the audit trail, or to truncate a table that it watches.",
    remedy: "Nothing: the trail is not rewritten, and what is over goes by itself.",
  },
  unknown_placeholders: {
    status: 400,
    happens:
      "A system prompt holds a placeholder that there is not; the message says which. There are `{{user}}`, `{{company}}`, `{{role}}`, `{{language}}`, `{{tone}}` and `{{preferences}}`.",
    remedy: "Mend it, and look at it with `systemPromptPreview` before it is stored.",
  },
  unsupported_media_type: {
    status: 415,
    happens: "The body is not `application/json` in UTF-8, or is compressed.",
    remedy: "Send `Content-Type: application/json`, uncompressed.",
  },
  use_dpop_nonce: {
    status: 401,
    happens:
      "The proof was made more than a minute from now, as far as its `iat` tells, or its `nonce` is not one of ours or is too old (RFC 9449 section 8). Without an access token, as at a sign-in or a refresh, the status is 400.",
    remedy:
      "Send the request again, at once, with a new proof whose `nonce` is the `DPoP-Nonce` header of this answer; the clock does not matter then.",
  },
  user_banned: {
    status: 401,
    happens: "The account is blocked, at the sign-in or since.",
    remedy: "Whoever runs this service can say why.",
  },
  way_not_allowed: {
    status: 403,
    happens:
      "The person proved who they are, but the company does not let its members sign in this way (`signInWays` of `myTenant`).",
    remedy:
      "Sign in another way: with the company's own provider, for example; who is invited and new signs up there, and accepts signed in. Other companies are not affected.",
  },
  weak_password: {
    status: 400,
    happens:
      "The new password is too short, is on a list of known or leaked ones, or repeats the name or address. `field` says which one it is.",
    remedy: "Show the message, and let the person choose another.",
  },
} as const satisfies Record<string, CodeEntry>;

/** The stable name of a refusal, in snake_case. */
export type Code = keyof typeof CODES;

/** A proof is refused otherwise where tokens are made than where they are used (RFC 9449 sections 5 and 7.1). */
const WITHOUT_TOKEN: Partial<Record<Code, number>> = { invalid_dpop_proof: 400, use_dpop_nonce: 400 };

/** Each status that a code can have. */
export function statusesOf(code: Code): readonly number[] {
  const other = WITHOUT_TOKEN[code];
  return other === undefined ? [CODES[code].status] : [CODES[code].status, other];
}

/** The same as GraphQL has it. */
export type GraphQLCode = Uppercase<Code>;

/** Takes a code as it is written in GraphQL, or is none of ours. */
export function statusOf(code: unknown): number | undefined {
  const name = String(code).toLowerCase();
  return Object.hasOwn(CODES, name) ? CODES[name as Code].status : undefined;
}

export function inCapitals(code: Code): GraphQLCode {
  return code.toUpperCase() as GraphQLCode;
}

/** When to come back, for the statuses that pass by themselves (RFC 9110 section 10.2.3). */
export function comeBack(status: number): Record<string, string> {
  const seconds = { 429: "1", 503: "5" }[status];
  return seconds === undefined ? {} : { "Retry-After": seconds };
}
