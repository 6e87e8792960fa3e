-- A shop that rents films, after the description of the well-known sample schema: films, their actors and categories,
-- stores with an inventory, customers with addresses, rentals and payments. The rows are made here, the same each time.
-- customer.email is the column that the policy protects.

create type mpaa_rating as enum ('G', 'PG', 'PG-13', 'R', 'NC-17');
create domain year as integer check (value between 1901 and 2155);

create table language (
    language_id integer generated always as identity primary key, name character(20) not null, last_update timestamptz not null default now()
);
create table category (
    category_id integer generated always as identity primary key, name text not null unique, last_update timestamptz not null default now()
);
create table actor (
    actor_id integer generated always as identity primary key, first_name text not null, last_name text not null,
    last_update timestamptz not null default now()
);
create index idx_actor_last_name on actor (last_name);

create function released_text(year) returns text language sql immutable return 'released ' || $1;

create table film (
    film_id integer generated always as identity primary key,
    title text not null,
    description text,
    release_year year,
    language_id integer not null references language,
    original_language_id integer references language,
    rental_duration smallint not null default 3,
    rental_rate numeric(4, 2) not null default 4.99,
    length smallint,
    replacement_cost numeric(5, 2) not null default 19.99,
    rating mpaa_rating default 'G',
    special_features text[],
    details jsonb,
    fulltext tsvector generated always as (to_tsvector('english', coalesce(title, '') || ' ' || coalesce(description, ''))) stored,
    last_update timestamptz not null default now(),
    constraint film_length_check check (length > 0)
);
create index film_fulltext_idx on film using gist (fulltext);
create index film_title_idx on film (title);
create index film_long_idx on film (lower(title)) where length > 120;
comment on table film is 'What can be rented';
comment on column film.rental_rate is 'per rental period';

create table film_actor (
    actor_id integer not null references actor on update cascade on delete restrict,
    film_id integer not null references film on update cascade on delete restrict,
    last_update timestamptz not null default now(),
    primary key (actor_id, film_id)
);
create table film_category (
    film_id integer not null references film on update cascade on delete restrict,
    category_id integer not null references category on update cascade on delete restrict,
    last_update timestamptz not null default now(),
    primary key (film_id, category_id)
);
create table country (
    country_id integer generated always as identity primary key, country text not null, last_update timestamptz not null default now()
);
create table city (
    city_id integer generated always as identity primary key, city text not null, country_id integer not null references country,
    last_update timestamptz not null default now()
);
create table address (
    address_id integer generated always as identity primary key, address text not null, address2 text, district text not null,
    city_id integer not null references city, postal_code text, phone text not null, last_update timestamptz not null default now()
);
create table store (
    store_id integer generated always as identity primary key, manager_staff_id integer not null unique,
    address_id integer not null references address, last_update timestamptz not null default now()
);
create table staff (
    staff_id integer generated always as identity primary key, first_name text not null, last_name text not null,
    address_id integer not null references address, store_id integer not null references store,
    active boolean not null default true, username text not null, picture bytea, last_update timestamptz not null default now()
);
alter table store add foreign key (manager_staff_id) references staff deferrable initially deferred;
create table customer (
    customer_id integer generated always as identity primary key,
    store_id integer not null references store,
    first_name text not null,
    last_name text not null,
    email text,
    address_id integer not null references address,
    activebool boolean not null default true,
    create_date date not null default current_date,
    active integer,
    last_update timestamptz default now()
);
create index idx_customer_last_name on customer (last_name);
create table inventory (
    inventory_id integer generated always as identity primary key, film_id integer not null references film,
    store_id integer not null references store, last_update timestamptz not null default now()
);
create index idx_store_id_film_id on inventory (store_id, film_id);
create table rental (
    rental_id integer generated always as identity primary key, rental_date timestamptz not null,
    inventory_id integer not null references inventory, customer_id integer not null references customer, return_date timestamptz,
    staff_id integer not null references staff, last_update timestamptz not null default now(),
    unique (rental_date, inventory_id, customer_id)
);
create table payment (
    payment_id integer generated always as identity, customer_id integer not null references customer,
    staff_id integer not null references staff, rental_id integer not null references rental,
    amount numeric(5, 2) not null, payment_date timestamptz not null, primary key (payment_date, payment_id)
) partition by range (payment_date);
create table payment_2025_q1 partition of payment for values from ('2025-01-01 00:00+00') to ('2025-04-01 00:00+00');
create table payment_2025_q2 partition of payment for values from ('2025-04-01 00:00+00') to ('2025-07-01 00:00+00');
create table payment_rest partition of payment default;

create aggregate group_concat(text) (sfunc = array_append, stype = text[], initcond = '{}');
create function last_day(timestamptz) returns date language sql immutable strict
as $$ select (date_trunc('month', $1 at time zone 'UTC') + interval '1 month - 1 day')::date $$;
create function inventory_held_by_customer(held_id integer) returns integer language sql stable
as $$ select customer_id from rental where return_date is null and inventory_id = held_id limit 1 $$;
create function film_in_stock(wanted integer, at_store integer) returns setof integer language sql stable
as $$ select inventory_id from inventory where film_id = wanted and store_id = at_store and inventory_held_by_customer(inventory_id) is null $$;
create procedure close_rental(id integer) language sql as $$ update rental set return_date = now() where rental_id = id $$;
create function touch() returns trigger language plpgsql as $$ begin new.last_update := now(); return new; end $$;
create trigger touch_film before update on film for each row execute function touch();
create trigger touch_customer before update on customer for each row execute function touch();

create view customer_list as
select c.customer_id as id, c.first_name || ' ' || c.last_name as name, a.address, a.postal_code as "zip code", a.phone,
    city.city, country.country, case when c.activebool then 'active' else '' end as notes, c.store_id as sid
from customer c join address a using (address_id) join city using (city_id) join country using (country_id);
create view film_list as
select f.film_id as fid, f.title, f.description, c.name as category, f.rental_rate as price, f.length, f.rating,
    string_agg(a.first_name || ' ' || a.last_name, ', ' order by a.actor_id) as actors
from film f left join film_category fc using (film_id) left join category c using (category_id)
    left join film_actor fa using (film_id) left join actor a using (actor_id)
group by f.film_id, c.name;
create view sales_by_store as
select city.city || ',' || country.country as store, m.first_name || ' ' || m.last_name as manager, sum(p.amount) as total_sales
from payment p join rental r using (rental_id) join inventory i using (inventory_id) join store s using (store_id)
    join address a using (address_id) join city using (city_id) join country using (country_id)
    join staff m on s.manager_staff_id = m.staff_id
group by country.country, city.city, s.store_id, m.first_name, m.last_name;
create view customer_contact as select customer_id, first_name, email as mail from customer;
create materialized view rental_by_category as
select c.name as category, sum(p.amount) as total_sales
from payment p join rental r using (rental_id) join inventory i using (inventory_id) join film_category fc using (film_id)
    join category c using (category_id)
group by c.name;
create unique index rental_category on rental_by_category (category);

insert into language (name) values ('English'), ('Italian'), ('Japanese'), ('Dutch');
insert into category (name)
select unnest(array['Action', 'Animation', 'Children', 'Classics', 'Comedy', 'Documentary', 'Drama', 'Family', 'Foreign', 'Games']);
insert into actor (first_name, last_name)
select (array['Ada', 'Bo', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus'])[1 + n % 7], (array['Ash', 'Birch', 'Cedar', 'Elm', 'Fir'])[1 + n % 5] || n
from generate_series(1, 60) n;
insert into film (title, description, release_year, language_id, rental_duration, rental_rate, length, replacement_cost, rating, special_features, details)
select (array['Quiet', 'Stormy', 'Golden', 'Lost', 'Final'])[1 + n % 5] || ' ' || (array['River', 'Mountain', 'Harbour', 'Garden'])[1 + n % 4] || ' ' || n,
    'A tale of ' || (array['a robot', 'a teacher', 'two thieves', 'a dog'])[1 + n % 4] || ' who must find ' || (array['a map', 'a friend', 'the sea'])[1 + n % 3],
    1990 + n % 35, 1 + n % 4, 3 + n % 5, (array[0.99, 2.99, 4.99])[1 + n % 3], 60 + n % 120, 9.99 + n % 20,
    (enum_range(null::mpaa_rating))[1 + n % 5], (array['Trailers', 'Commentaries', 'Deleted Scenes', 'Behind the Scenes'])[1:1 + n % 4],
    jsonb_build_object('studio', 'Studio ' || n % 6, 'awards', n % 4, 'tags', jsonb_build_array('tag' || n % 3, 'tag' || n % 5))
from generate_series(1, 120) n;
insert into film_actor (actor_id, film_id) select distinct 1 + (n * 7) % 60, 1 + n % 120 from generate_series(1, 480) n;
insert into film_category (film_id, category_id) select n, 1 + n % 10 from generate_series(1, 120) n;
insert into country (country) values ('Netherlands'), ('Italy'), ('Japan'), ('Canada');
insert into city (city, country_id) select 'City ' || n, 1 + n % 4 from generate_series(1, 20) n;
insert into address (address, district, city_id, postal_code, phone)
select n || ' Main Street', 'District ' || n % 6, 1 + n % 20, lpad((n * 37 % 100000)::text, 5, '0'), '555-' || lpad(n::text, 4, '0')
from generate_series(1, 110) n;
begin;
insert into store (manager_staff_id, address_id) values (1, 1), (2, 2);
insert into staff (first_name, last_name, address_id, store_id, username, picture)
values ('Mike', 'Hill', 3, 1, 'mike', '\x89504e47'), ('Jon', 'Stein', 4, 2, 'jon', null);
commit;
insert into customer (store_id, first_name, last_name, email, address_id, activebool, create_date, active)
select 1 + n % 2, (array['Mary', 'Pat', 'Lin', 'Barb', 'Liz', 'Jen'])[1 + n % 6], (array['Smith', 'Jones', 'Vries', 'Brown'])[1 + n % 4] || n,
    'customer' || n || '@mail.example', 5 + n, n % 9 > 0, date '2024-01-01' + n, (n % 9 > 0)::integer
from generate_series(1, 100) n;
insert into inventory (film_id, store_id) select 1 + n % 120, 1 + n % 2 from generate_series(1, 360) n;
insert into rental (rental_date, inventory_id, customer_id, return_date, staff_id)
select timestamptz '2025-01-01 00:00+00' + n * interval '5 hours', 1 + n * 11 % 360, 1 + n * 7 % 100,
    case when n % 13 > 0 then timestamptz '2025-01-01 00:00+00' + n * interval '5 hours' + (1 + n % 9) * interval '1 day' end, 1 + n % 2
from generate_series(1, 900) n;
insert into payment (customer_id, staff_id, rental_id, amount, payment_date)
select customer_id, staff_id, rental_id, (array[0.99, 2.99, 4.99, 6.99])[1 + rental_id % 4], rental_date + interval '1 hour' from rental;
refresh materialized view rental_by_category;
vacuum analyze;
