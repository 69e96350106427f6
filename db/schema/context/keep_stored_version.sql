-- Keeps what was uploaded to the object storage as the next version of a document, and has it read. In the same transaction the
-- object is one that is kept: from then on it goes when its version goes. It is taken once, by the tenant that it was begun for, and
-- not any more once it is being deleted.
--
-- Size and hash are what the server counted while it received the file. Nobody else can have put an object there, and whoever reads it
-- compares both.
set local role rowhouse_definer;
create or replace function context.keep_stored_version(
    document uuid, object text, size_bytes integer, sha256 text, media_type text, file_name text
)
    returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from jobs.unkept_objects as waiting
    where waiting.object_key = object and waiting.tenant = context.tenant_id()
        and waiting.tries = 0 and waiting.due_at > now();
    if not found then
        perform context.refuse_missing('upload');
    end if;
    return (context.place_version(document, size_bytes, sha256, media_type, file_name, object)).document_id;
end
$$;
grant execute on function context.keep_stored_version(uuid, text, integer, text, text, text) to rowhouse_app;
comment on function context.keep_stored_version(uuid, text, integer, text, text, text) is
    'Keeps an uploaded object as the next version of a document that the caller may change, and has it read. Raises RH403, RH404, RH480.';
reset role;
