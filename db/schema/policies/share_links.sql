select context.close_table('auth.share_links');

-- Everything but the digest, through the view app.share_links.
grant select (tenant_id, id, user_id, conversation_id, message_id, team_id, created_at, expires_at, revoked_at) on auth.share_links to rowhouse_app;

create policy "nothing crosses the wall" on auth.share_links
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on auth.share_links is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see the links that they made" on auth.share_links
    for select to rowhouse_app
    using (user_id = (select context.user_where('chat')));
comment on policy "people see the links that they made" on auth.share_links is
    'To revoke them. Whoever has the secret of one opens it by a call, which asks for everything again; that a link is there is nobody else''s to see.';

-- The definer's reach: links are made, opened and revoked by its functions alone.
grant select, insert, update, delete on auth.share_links to rowhouse_definer;
create policy "links are made, opened and revoked" on auth.share_links
    for all to rowhouse_definer using (true) with check (true);
comment on policy "links are made, opened and revoked" on auth.share_links is
    'context.make_share_link() and context.revoke_share_link(), for whose link it is; context.open_share_link() finds one by its digest in the caller''s tenant; auth.export_account(); jobs.erase_tenant(). With their conversation they go by the foreign key.';
