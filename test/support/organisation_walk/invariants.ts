/**
 * What the database notes of each step in the step's own transaction: what whoever gave a role or a grant held then, and by
 * what right a grant went. A grant's giver is asked after before and after the guard: between the two somebody else may have
 * committed a change of their role, and either answer is the truth.
 */
export const NOTES = `
  create table public.given (actor text[], role text[]);
  create table public.granted (id uuid, held boolean);
  create table public.ended (id uuid, rightly boolean);
  create function public.note_role() returns trigger language plpgsql security definer as $$
  begin
    if context.is_caller() and new.role_id <> old.role_id then
      insert into public.given (actor, role)
      select context.permissions(), permissions from app.roles where id = new.role_id;
    end if;
    return null;
  end $$;
  create function public.note_grant() returns trigger language plpgsql security definer as $$
  begin
    insert into public.granted (id, held)
    select new.id, new.permission = any (context.permissions()) and exists (
      select from app.memberships as giver join app.roles as role on role.id = giver.role_id
      where giver.user_id = context.user_id() and new.permission = any (role.permissions)
    );
    return new;
  end $$;
  create function public.note_end() returns trigger language plpgsql security definer as $$
  begin
    insert into public.ended (id, rightly)
    select old.id, old.ends_at <= now() or old.permission = any (context.permissions()) or exists (
      select from app.memberships as holder where holder.user_id = old.user_id and holder.status = 'removed'
    );
    return null;
  end $$;
  alter function public.note_role() owner to postgres;
  alter function public.note_grant() owner to postgres;
  alter function public.note_end() owner to postgres;
  create trigger note_role after update on app.memberships for each row execute function public.note_role();
  create trigger before_guard before insert on app.grants for each row execute function public.note_grant();
  create trigger noted after insert on app.grants for each row execute function public.note_grant();
  create trigger note_end after delete on app.grants for each row execute function public.note_end();
`;

/** Those who come through the company's door just now, with what they may do there. */
const INSIDE = `
  select (found.holder).user_id, (found.holder).permissions, (found.holder).teams
  from context.session_holders as found
  join auth.sessions as session on session.handle_digest = found.digest and session.ended_at is null
  where (found.holder).tenant_id is not null and context.fault_of(found.holder, '{}') is null`;

/** Each question has no answer, as long as all is well. */
export const INVARIANTS = (seats: number): Readonly<Record<string, string>> => ({
  "an active owner": `select tenant.id from app.tenants as tenant where not exists (
    select from app.memberships as m where m.tenant_id = tenant.id and m.is_owner and m.status = 'active')`,
  "no more members than seats": `select count(*) from app.memberships where status = 'active' having count(*) > ${seats}`,
  "no membership twice":
    "select user_id from app.memberships group by tenant_id, user_id having count(*) > 1",
  "no right that its giver lacked": "select * from public.given where not role <@ actor",
  "no invitation accepted by another": `select invitation.id from app.invitations as invitation
    join app.users as person on person.id = invitation.accepted_by where person.email <> invitation.email`,
  "one waiting invitation an address":
    "select email from app.invitations where status = 'pending' group by tenant_id, email having count(*) > 1",
  "no grant of what its giver lacked, or had for a time only":
    "select id from public.granted group by id having not bool_or(held)",
  "no grant that ended but with its time, its holder's leaving, or at the hands of who holds as much":
    "select id from public.ended where not rightly",
  "nothing granted to who was removed": `select given.id from app.grants as given
    join app.memberships as m on m.tenant_id = given.tenant_id and m.user_id = given.user_id where m.status = 'removed'`,
  "nobody in a team who was removed": `select place.id from app.team_members as place
    join app.memberships as m on m.tenant_id = place.tenant_id and m.user_id = place.user_id where m.status = 'removed'`,
  "nobody in a team twice":
    "select user_id from app.team_members group by team_id, user_id having count(*) > 1",
  "no right inside but by the role, or by a grant that has not ended": `
    select inside.user_id, held.permission from (${INSIDE}) as inside
    cross join unnest(inside.permissions) as held (permission)
    where not exists (
      select from app.memberships as m join app.roles as role on role.id = m.role_id
      where m.user_id = inside.user_id and held.permission = any (role.permissions)
    ) and not exists (
      select from app.grants as live
      where live.user_id = inside.user_id and live.permission = held.permission and live.ends_at > now()
    )`,
  "nobody inside who may do more, or less, than whoCan tells": `
    select inside.user_id from (${INSIDE}) as inside
    where inside.permissions is distinct from array(
      select distinct told.permission from context.holdings as told
      where told.user_id = inside.user_id and told.api_key_id is null and told.permission <> 'owner' order by 1
    )`,
});
