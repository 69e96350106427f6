-- Whether a tool may be called for whoever holds such a credential: somebody who signed in, or a key that is kept secret.
set local role rowhouse_definer;
create or replace function context.tool_caller(kind text, credential uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select kind = 'session' or kind = 'api_key' and exists (
        select from auth.api_keys as known where known.id = credential and known.kind = 'secret')
$$;
comment on function context.tool_caller(text, uuid) is
    'Whether a tool may be called for whoever holds such a credential: a session, or a key that is kept secret.';
reset role;
