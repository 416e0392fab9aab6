-- Once, as the superuser of a new Postgres, before the first migration: the logins of production. Each process has its own, and can be
-- only what it is. The passwords come from the environment (\getenv: psql 14 or later).
--
-- The group roles are made here, before the migrations look for them, because on Postgres 16 or later only who has a role with the admin
-- option can give it: the owner, who migrates, needs that for the databases it may make later.

\getenv owner_password DB_OWNER_PASSWORD
\getenv api_password DB_API_PASSWORD
\getenv allocator_password DB_ALLOCATOR_PASSWORD
\getenv notifier_password DB_NOTIFIER_PASSWORD
\getenv janitor_password DB_JANITOR_PASSWORD
\getenv operator_password DB_OPERATOR_PASSWORD

create role junban_api nologin;
create role junban_allocator nologin;
create role junban_notifier nologin;
create role junban_janitor nologin;
create role junban_operator nologin;

create role junban_owner login createrole noinherit password :'owner_password';
grant junban_api, junban_allocator, junban_notifier, junban_janitor, junban_operator to junban_owner with admin true, set true;

-- A login takes its role by `set role` and has no right of its own. The API takes two: what operators do through it is done as
-- junban_operator, on connections apart.
create role junban_api_login login noinherit password :'api_password';
grant junban_api, junban_operator to junban_api_login;
create role junban_allocator_login login noinherit password :'allocator_password';
grant junban_allocator to junban_allocator_login;
create role junban_notifier_login login noinherit password :'notifier_password';
grant junban_notifier to junban_notifier_login;
create role junban_janitor_login login noinherit password :'janitor_password';
grant junban_janitor to junban_janitor_login;
create role junban_operator_login login noinherit password :'operator_password';
grant junban_operator to junban_operator_login;

alter database junban owner to junban_owner;
revoke all on database junban from public;
grant connect, temporary on database junban to junban_owner, junban_api_login, junban_allocator_login, junban_notifier_login,
  junban_janitor_login, junban_operator_login, junban_operator;
