-- Nobody puts words into an MCP server's mouth: what its tools are is written by context.keep_listed_tools(), from what the server
-- says, and not by whoever may write tools. It runs as whoever writes, to tell the two apart.
create or replace function app.guard_listing() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if current_user = 'rowhouse_app' and new.method is null
        and (tg_op = 'INSERT' or (new.description, new.input_schema) is distinct from (old.description, old.input_schema))
    then
        raise exception using
            errcode = 'RH400',
            message = 'what the tools of an MCP server are, the server says',
            column = 'description',
            constraint = 'tools_listed_by_their_server',
            hint = 'Have it listed anew with refreshToolServer. A tool of an HTTP API has a method and a path.';
    end if;
    return new;
end
$$;
comment on function app.guard_listing() is
    'Trigger: what the tools of an MCP server are, only its list says (RH400).';

create or replace trigger guard_listing before insert or update on app.tools
    for each row execute function app.guard_listing();
