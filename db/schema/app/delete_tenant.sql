do $$
begin
    if to_regtype('app.tenant_deletion') is null then
        create type app.tenant_deletion as (slug text, erased_from timestamptz);
    end if;
end
$$;
comment on type app.tenant_deletion is 'A tenant that is closed, and will be erased.';
comment on column app.tenant_deletion.slug is 'The slug of the tenant, as myTenant has it.';
comment on column app.tenant_deletion.erased_from is 'When its grace is over: from then on all that it owns goes, and nothing brings it back.';

create or replace function app.delete_tenant(slug text) returns app.tenant_deletion
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select row(slug, context.close_tenant(slug))::app.tenant_deletion
$$;
grant execute on function app.delete_tenant(text) to rowhouse_app;
comment on function app.delete_tenant(text) is
    'Closes the tenant at once, for its owner, who repeats its slug: every session of it ends and every key. Says when all that it owns is erased; until then its owners can bring it back, by the link that each is mailed.';
