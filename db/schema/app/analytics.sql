-- What turns took and cost, over days (UTC) of which both are counted, in all or per day, model, user, team or key. It adds up the
-- rows that the caller may see: everybody's with view_analytics, else their own.
create or replace function app.analytics(since date, until date default null, per text default 'total')
    returns setof app.usage_figures
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    last constant date := coalesce(until, (now() at time zone 'UTC')::date);
begin
    if per not in ('total', 'day', 'model', 'user', 'team', 'key') then
        raise exception using
            errcode = 'RH400',
            message = 'analytics are per total, day, model, user, team or key',
            column = 'per',
            constraint = 'analytics_per';
    end if;
    if last < since or last - since > 366 then
        raise exception using
            errcode = 'RH400',
            message = 'analytics are of 1 to 367 days, the first before the last',
            column = 'since',
            constraint = 'analytics_days';
    end if;
    return query
        with used as materialized (
            select
                coalesce(case per
                    when 'day' then counted.day::text
                    when 'model' then counted.model
                    when 'user' then counted.user_id::text
                    when 'team' then counted.team_id::text
                    when 'key' then counted.api_key_id::text
                end, '') as of,
                counted.*
            from app.usage_days as counted
            where counted.tenant_id = (select context.tenant_id()) and counted.day between since and last
        ), figures as (
            select
                used.of,
                sum(used.turns)::integer as turns, sum(used.stopped)::integer as stopped, sum(used.failed)::integer as failed,
                count(distinct used.user_id) filter (where used.turns > 0)::integer as active_users,
                sum(used.input_tokens)::bigint as input_tokens, sum(used.cached_input_tokens)::bigint as cached_input_tokens,
                sum(used.output_tokens)::bigint as output_tokens, sum(used.reasoning_tokens)::bigint as reasoning_tokens,
                sum(used.cost_micros)::bigint as cost_micros, sum(used.unpriced)::integer as unpriced,
                sum(used.thumbs_up)::integer as thumbs_up, sum(used.thumbs_down)::integer as thumbs_down
            from used group by used.of
        ), steps as (
            select
                used.of, count.step::integer as step,
                sum(sum(count.first_token)) over upwards as first_so_far, sum(sum(count.first_token)) over everything as first_in_all,
                sum(sum(count.total)) over upwards as total_so_far, sum(sum(count.total)) over everything as total_in_all
            from used, unnest(used.first_counts, used.total_counts) with ordinality as count (first_token, total, step)
            group by used.of, count.step
            window everything as (partition by used.of), upwards as (partition by used.of order by count.step)
        ), times as (
            select
                steps.of,
                min(step) filter (where first_in_all > 0 and first_so_far >= 0.50 * first_in_all) as first_p50,
                min(step) filter (where first_in_all > 0 and first_so_far >= 0.95 * first_in_all) as first_p95,
                min(step) filter (where total_in_all > 0 and total_so_far >= 0.50 * total_in_all) as total_p50,
                min(step) filter (where total_in_all > 0 and total_so_far >= 0.95 * total_in_all) as total_p95
            from steps group by steps.of
        )
        select
            case per when 'day' then figures.of::date end,
            case per when 'model' then figures.of end,
            case per when 'user' then figures.of::uuid end,
            case per when 'team' then nullif(figures.of, '')::uuid end,
            case per when 'key' then nullif(figures.of, '')::uuid end,
            figures.turns, figures.stopped, figures.failed, figures.active_users,
            figures.input_tokens, figures.cached_input_tokens, figures.output_tokens, figures.reasoning_tokens,
            figures.cost_micros, figures.unpriced, figures.thumbs_up, figures.thumbs_down,
            context.latency_of_step(times.first_p50), context.latency_of_step(times.first_p95),
            context.latency_of_step(times.total_p50), context.latency_of_step(times.total_p95)
        from figures join times using (of)
        order by case per when 'day' then figures.of end, figures.turns desc, figures.of
        limit 1000;
end
$$;
grant execute on function app.analytics(date, date, text) to rowhouse_app;
comment on function app.analytics(date, date, text) is
    'What turns took and cost, over at most 367 days (UTC), in all or per day, model, user, team or key; everybody''s with view_analytics, else the caller''s own. A thousand lines at most, those with the most turns.';
