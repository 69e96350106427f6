-- A legal hold, as the company sees it that it stands over.
do $$
begin
    if to_regtype('app.legal_hold') is null then
        create type app.legal_hold as (
            id             uuid,
            user_id        uuid,
            reason         text,
            placed_by      text,
            placed_at      timestamptz,
            released_by    text,
            released_at    timestamptz,
            release_reason text,
            stands         boolean
        );
    end if;
end
$$;
comment on type app.legal_hold is 'That something must not go, at the operator''s word: the company''s trail and what people said and brought there.';
comment on column app.legal_hold.id is 'Its key: what a refusal (LEGAL_HOLD) and the trail call it by.';
comment on column app.legal_hold.user_id is 'The member whose things alone are held; null: everybody''s.';
comment on column app.legal_hold.reason is 'Why it was placed.';
comment on column app.legal_hold.placed_by is 'The database role of the operator who placed it.';
comment on column app.legal_hold.placed_at is 'Since when it stands.';
comment on column app.legal_hold.released_by is 'The database role of the operator who released it; null while it stands.';
comment on column app.legal_hold.released_at is 'Until when it stood; null while it stands.';
comment on column app.legal_hold.release_reason is 'Why it was released; null while it stands.';
comment on column app.legal_hold.stands is 'Whether it stands.';
