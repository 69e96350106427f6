-- Tells somebody by mail what happened to their account, in the transaction in which it did. The text says what and when,
-- and nothing that whoever did it has chosen. There is no link in it.
set local role rowhouse_definer;
create or replace function auth.notify(person uuid, template text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select auth.queue_mail(
        uuidv7(), notify.template, known.email, known.locale, null, context.detail_in(context.actor()))
    from app.users as known
    where known.id = person and known.status <> 'deleted'
$$;
comment on function auth.notify(uuid, text) is
    'Queues a mail that tells somebody what happened to their account.';
reset role;
