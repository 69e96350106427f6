-- Installs a key for checkpoints after the one with number `after`, or as the first; false if another was quicker. Of several
-- workers that each offer one, one is heard.
set local role rowhouse_definer;
create or replace function jobs.install_audit_key(
    id text, origin text, public_key bytea, private_key text, endorsement text, after integer
) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with made as (
        insert into audit.signing_keys (id, origin, public_key, private_key, endorsement, number)
        select install_audit_key.id, install_audit_key.origin, install_audit_key.public_key, install_audit_key.private_key,
            install_audit_key.endorsement, install_audit_key.after + 1
        where install_audit_key.after = coalesce((select max(number) from audit.signing_keys), 0)
        on conflict (number) do nothing
        returning number
    )
    select exists (select from made)
$$;
grant execute on function jobs.install_audit_key(text, text, bytea, text, text, integer) to rowhouse_worker;
comment on function jobs.install_audit_key(text, text, bytea, text, text, integer) is
    'Installs the next key for checkpoints, unless another was installed meanwhile; true if it did.';
reset role;
