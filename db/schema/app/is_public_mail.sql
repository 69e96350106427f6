-- Whether anybody can have an address in a domain: nobody proves by one that they belong to a company.
create or replace function app.is_public_mail(domain text) returns boolean
    language sql immutable parallel safe security invoker
    return domain = any ('{
        gmail.com,googlemail.com,outlook.com,outlook.de,hotmail.com,hotmail.co.uk,hotmail.fr,hotmail.de,live.com,live.de,msn.com,
        yahoo.com,yahoo.co.uk,yahoo.co.jp,yahoo.fr,yahoo.de,ymail.com,rocketmail.com,aol.com,icloud.com,me.com,mac.com,
        proton.me,protonmail.com,pm.me,tutanota.com,tutanota.de,tuta.com,tuta.io,mailbox.org,posteo.de,posteo.net,
        gmx.de,gmx.net,gmx.com,gmx.at,gmx.ch,web.de,freenet.de,t-online.de,mail.de,email.de,arcor.de,
        mail.com,email.com,zoho.com,zohomail.com,fastmail.com,fastmail.fm,hey.com,hushmail.com,inbox.com,
        mail.ru,bk.ru,list.ru,inbox.ru,yandex.com,yandex.ru,ya.ru,rambler.ru,
        qq.com,163.com,126.com,yeah.net,sina.com,foxmail.com,naver.com,hanmail.net,daum.net,
        orange.fr,wanadoo.fr,free.fr,laposte.net,sfr.fr,libero.it,virgilio.it,tiscali.it,alice.it,
        wp.pl,o2.pl,onet.pl,interia.pl,seznam.cz,centrum.cz,uol.com.br,bol.com.br,terra.com.br,rediffmail.com,
        comcast.net,verizon.net,att.net,sbcglobal.net,cox.net,btinternet.com,bluewin.ch,
        mailinator.com,guerrillamail.com,10minutemail.com,yopmail.com,trashmail.com,temp-mail.org,sharklasers.com
    }'::text[]);
grant execute on function app.is_public_mail(text) to rowhouse_definer;
comment on function app.is_public_mail(text) is
    'Whether a domain is of a mail provider where anybody can have an address.';
