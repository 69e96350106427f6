-- What a user agent is, in words for people: "Firefox on Windows". No versions, so that it stays the same when a browser
-- updates itself; that is also what a session is bound to (context.from_elsewhere).
--
-- Browsers name one another for old times' sake: Edge says that it is Chrome, Chrome that it is Safari, all of them that
-- they are Mozilla. So the order decides. A program that is no browser has the name that it begins with.
create or replace function context.device(user_agent text) returns text
    language sql immutable parallel safe security invoker strict
    set search_path = ''
as $$
    select concat_ws(' on ',
        case
            when user_agent ~ '\mEdg(e|A|iOS)?/' then 'Edge'
            when user_agent ~ '\m(OPR|Opera|OPT|OPiOS)/' then 'Opera'
            when user_agent ~ '\mSamsungBrowser/' then 'Samsung Internet'
            when user_agent ~ '\mVivaldi/' then 'Vivaldi'
            when user_agent ~ '\mYaBrowser/' then 'Yandex Browser'
            when user_agent ~ '\m(Firefox|FxiOS)/' then 'Firefox'
            when user_agent ~ '\m(Chrome|CriOS|HeadlessChrome|Chromium)/' then 'Chrome'
            when user_agent ~ '\mVersion/.*\mSafari/' then 'Safari'
            when user_agent ~ '^Mozilla/' then 'A browser'
            else coalesce(substring(user_agent from '^[A-Za-z][A-Za-z0-9._-]{0,59}'), 'A program')
        end,
        case
            when user_agent ~ '\m(iPhone|iPad|iPod|iOS)\M' then 'iOS'
            when user_agent ~ '\mAndroid\M' then 'Android'
            when user_agent ~ '\mWindows\M' then 'Windows'
            when user_agent ~ '\mCrOS\M' then 'ChromeOS'
            when user_agent ~ '\m(Macintosh|Mac OS X|macOS)\M' then 'macOS'
            when user_agent ~ '\m(Linux|X11)\M' then 'Linux'
        end
    )
$$;
grant execute on function context.device(text) to rowhouse_definer;
comment on function context.device(text) is
    'A user agent in words, without versions: "Firefox on Windows"; a program''s name where it is no browser.';
