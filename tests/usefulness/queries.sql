-- Questions that people ask a rental shop. Each has a title; `protected:` names the output columns that customer.email
-- is in, by the reading of whoever wrote the question. All others have to come through as they are.

-- the films for children, cheapest first
select f.film_id, f.title, f.rental_rate, f.length
from film f join film_category fc on fc.film_id = f.film_id join category c on c.category_id = fc.category_id
where c.name = 'Children' order by f.rental_rate, f.title;

-- which actors are in the most films
select a.actor_id, a.first_name || ' ' || a.last_name as actor, count(*) as films
from actor a join film_actor fa using (actor_id) group by a.actor_id order by films desc, actor limit 10;

-- everything about some customers -- protected: email
select * from customer order by customer_id limit 20;

-- customers and what they spent
select c.customer_id, c.first_name, c.last_name, sum(p.amount) as spent, count(*) filter (where p.amount > 3) as dear
from customer c join payment p on p.customer_id = c.customer_id
group by c.customer_id, c.first_name, c.last_name having sum(p.amount) > 20 order by spent desc, c.customer_id;

-- customers of a store with their address -- protected: email
select c.last_name, c.first_name, c.email, a.address, ci.city, co.country
from customer c inner join address a using (address_id) inner join city ci using (city_id) inner join country co using (country_id)
where c.store_id = 1 and c.activebool order by c.last_name, c.first_name;

-- what is overdue
select c.first_name, c.last_name, a.phone, f.title, r.rental_date, r.rental_date + f.rental_duration * interval '1 day' as due
from rental r join customer c using (customer_id) join address a using (address_id) join inventory i using (inventory_id)
    join film f using (film_id)
where r.return_date is null and r.rental_date + f.rental_duration * interval '1 day' < timestamptz '2026-01-01' order by due, f.title;

-- how many days films are out, by category
select c.name, round(avg(extract(epoch from r.return_date - r.rental_date) / 86400)::numeric, 2) as days, count(*) as rentals
from rental r join inventory i using (inventory_id) join film_category fc using (film_id) join category c using (category_id)
where r.return_date is not null group by c.name order by c.name;

-- takings by month with running total
select date_trunc('month', payment_date at time zone 'UTC') as month, sum(amount) as taken,
    sum(sum(amount)) over (order by date_trunc('month', payment_date at time zone 'UTC')) as so_far
from payment group by 1 order by 1;

-- best customer of each store
select store_id, customer_id, first_name, spent from (
    select c.store_id, c.customer_id, c.first_name, sum(p.amount) as spent,
        row_number() over (partition by c.store_id order by sum(p.amount) desc, c.customer_id) as place
    from customer c join payment p using (customer_id) group by c.store_id, c.customer_id, c.first_name
) ranked where place <= 3 order by store_id, place;

-- films nobody has rented
select f.film_id, f.title from film f
where not exists (select 1 from inventory i join rental r using (inventory_id) where i.film_id = f.film_id) order by f.film_id;

-- films by a word in their description
select title, ts_rank(fulltext, query) as rank from film, to_tsquery('english', 'robot & map') query
where fulltext @@ query order by rank desc, title limit 15;

-- a page of the catalogue
select film_id, title, description, release_year, rating, special_features from film order by title, film_id limit 10 offset 20;

-- films with deleted scenes
select title, special_features, cardinality(special_features) as extras from film
where 'Deleted Scenes' = any (special_features) order by title limit 10;

-- one row an extra
select f.film_id, extra, place from film f cross join unnest(f.special_features) with ordinality as e(extra, place)
where f.film_id < 10 order by f.film_id, place;

-- what the details say
select film_id, details ->> 'studio' as studio, (details -> 'awards')::int as awards, details #>> '{tags,0}' as tag
from film where details @> '{"awards": 3}' order by film_id limit 12;

-- studios with their films as JSON
select details ->> 'studio' as studio, jsonb_agg(jsonb_build_object('id', film_id, 'title', title) order by film_id) as films
from film where film_id <= 30 group by 1 order by 1;

-- tags out of JSON
select f.film_id, t.tag from film f, jsonb_array_elements_text(f.details -> 'tags') as t(tag) where f.film_id < 8 order by 1, 2;

-- a customer as a document for an application -- protected: email
select json_build_object('id', c.customer_id, 'name', c.first_name) as customer, c.email from customer c where c.customer_id = 7;

-- rentals of a customer as one JSON array
select c.customer_id, (
    select coalesce(json_agg(json_build_object('film', f.title, 'at', r.rental_date) order by r.rental_date), '[]')
    from rental r join inventory i using (inventory_id) join film f using (film_id) where r.customer_id = c.customer_id
) as rentals from customer c where c.customer_id in (3, 5, 8) order by 1;

-- the latest rental of each customer
select distinct on (r.customer_id) r.customer_id, r.rental_date, r.return_date, r.staff_id
from rental r order by r.customer_id, r.rental_date desc limit 25;

-- the latest three rentals of each, laterally -- protected: email
select c.customer_id, c.email, latest.rental_date, latest.title from customer c cross join lateral (
    select r.rental_date, f.title from rental r join inventory i using (inventory_id) join film f using (film_id)
    where r.customer_id = c.customer_id order by r.rental_date desc limit 3
) latest where c.store_id = 2 order by c.customer_id, latest.rental_date limit 30;

-- takings by rating and category with totals
select f.rating, c.name, sum(p.amount) as taken, grouping(f.rating, c.name) as level
from payment p join rental r using (rental_id) join inventory i using (inventory_id) join film f using (film_id)
    join film_category fc using (film_id) join category c using (category_id)
group by grouping sets ((f.rating, c.name), (f.rating), ()) order by f.rating nulls last, c.name nulls last;

-- takings cubed by store and staff
select s.store_id, p.staff_id, sum(p.amount), avg(p.amount)::numeric(8, 3) from payment p join staff s using (staff_id)
group by cube (s.store_id, p.staff_id) order by 1 nulls last, 2 nulls last;

-- median and spread of film lengths by rating
select rating, percentile_cont(0.5) within group (order by length) as median, mode() within group (order by rental_rate) as usual,
    stddev_samp(length)::numeric(10, 4) as spread, min(length), max(length)
from film group by rating order by rating;

-- a table with a column a rating
select details ->> 'studio' as studio, count(*) filter (where rating = 'G') as g, count(*) filter (where rating = 'PG') as pg,
    sum(case when rating = 'R' then 1 else 0 end) as r
from film group by 1 order by 1;

-- change against the month before
with monthly as (
    select date_trunc('month', payment_date at time zone 'UTC')::date as month, sum(amount) as taken from payment group by 1
)
select month, taken, lag(taken) over w as before, round(100 * (taken - lag(taken) over w) / lag(taken) over w, 1) as percent
from monthly window w as (order by month) order by month;

-- days without a rental
select d::date as day from generate_series(timestamp '2025-01-01', timestamp '2025-01-20', interval '1 day') d
left join rental r on (r.rental_date at time zone 'UTC')::date = d::date where r.rental_id is null order by 1;

-- rentals a day, with the days that had none
select d.day, count(r.rental_id) as rentals from (select generate_series(date '2025-01-01', date '2025-01-14', interval '1 day')::date as day) d
left join rental r on (r.rental_date at time zone 'UTC')::date = d.day group by d.day order by d.day;

-- films out of the same category, recursively numbered
with recursive numbered(n, film_id, title) as (
    select 1, film_id, title from film where film_id = 1
    union all
    select n + 1, f.film_id, f.title from numbered join film f on f.film_id = numbered.film_id + 10 where n < 6
)
select * from numbered order by n;

-- actors who played together
select a1.last_name as one, a2.last_name as other, count(*) as films
from film_actor x join film_actor y on x.film_id = y.film_id and x.actor_id < y.actor_id
    join actor a1 on a1.actor_id = x.actor_id join actor a2 on a2.actor_id = y.actor_id
group by a1.last_name, a2.last_name order by films desc, one, other limit 10;

-- the view of customers, whole
select * from customer_list order by id limit 15;

-- the view of films, by category
select fid, title, category, price, actors from film_list where category in ('Drama', 'Games') order by fid limit 12;

-- the view of sales
select store, manager, total_sales from sales_by_store order by store;

-- a view that shows the address to write to -- protected: mail
select customer_id, first_name, mail from customer_contact order by customer_id limit 10;

-- the same view without it
select customer_id, upper(first_name) as called from customer_contact order by customer_id limit 10;

-- the materialized view
select category, total_sales, rank() over (order by total_sales desc) from rental_by_category order by category;

-- how many customers have an address to write to
select count(*) as customers, count(email) as reachable, count(distinct store_id) as stores from customer;

-- customers joined with a union
select 'customer' as kind, first_name, last_name from customer where customer_id < 6
union all select 'staff', first_name, last_name from staff
union all select 'actor', first_name, last_name from actor where actor_id < 4 order by 1, 2, 3;

-- names that are both an actor's and a customer's
select first_name from actor intersect select first_name from customer order by 1;

-- names of customers alone
select first_name from customer except select first_name from actor order by 1;

-- what is in stock, by a function of the shop
select f.film_id, f.title, s.inventory from film f cross join lateral film_in_stock(f.film_id, 1) as s(inventory)
where f.film_id < 12 order by 1, 3;

-- the last day of the month of each rental
select distinct last_day(rental_date) as closes from rental order by 1;

-- special features of a rating, gathered by an aggregate of the shop
select rating, group_concat(title order by film_id) as titles from film where film_id < 30 group by rating order by rating;

-- payments of a quarter, from the partition
select payment_id, customer_id, amount from payment_2025_q1 where amount > 5 order by payment_id limit 10;

-- payments over their mean, by customer
select payment_id, customer_id, amount, amount - avg(amount) over (partition by customer_id) as over
from payment where customer_id between 10 and 14 order by payment_id;

-- quartiles of what customers spend
select quartile, count(*) as customers, min(spent), max(spent) from (
    select customer_id, sum(amount) as spent, ntile(4) over (order by sum(amount), customer_id) as quartile from payment group by customer_id
) q group by quartile order by quartile;

-- moving average over a week
select day, taken, avg(taken) over (order by day range between interval '6 days' preceding and current row)::numeric(10, 2) as week
from (select (payment_date at time zone 'UTC')::date as day, sum(amount) as taken from payment group by 1) daily order by day limit 40;

-- addresses without a second line
select address_id, address, coalesce(nullif(address2, ''), '(none)') as second, district, postal_code from address
where postal_code ~ '^0[0-9]{4}$' or district like 'District 1%' order by address_id;

-- phone numbers, tidied
select address_id, regexp_replace(phone, '[^0-9]', '', 'g') as digits, left(phone, 3) as area, length(phone) from address
where address_id < 15 order by address_id;

-- countries with their cities
select co.country, string_agg(ci.city, ', ' order by ci.city) as cities, array_agg(ci.city_id order by ci.city_id) as ids
from country co left join city ci using (country_id) group by co.country_id order by co.country;

-- a customer found by number, with a parameter's place
select c.customer_id, c.first_name, c.last_name, c.create_date, age(date '2025-06-01', c.create_date) as since, c.active
from customer c where c.customer_id = any (array[1, 2, 3]) order by c.customer_id;

-- whole rows of films that belong together
select f as film, c.name from film f join film_category using (film_id) join category c using (category_id)
where f.film_id in (1, 2) order by f.film_id;

-- values beside a table
select v.code, v.meaning, count(f.film_id) from (values ('G', 'all'), ('R', 'grown up')) as v(code, meaning)
left join film f on f.rating::text = v.code group by v.code, v.meaning order by v.code;

-- the dearest film of each studio, by a correlated subquery
select f.details ->> 'studio' as studio, f.title, f.replacement_cost from film f
where f.replacement_cost = (select max(g.replacement_cost) from film g where g.details ->> 'studio' = f.details ->> 'studio')
order by 1, 2;

-- staff and what they took
select st.username, st.active, octet_length(st.picture) as picture, encode(st.picture, 'hex') as hex, sum(p.amount) as taken
from staff st left join payment p using (staff_id) group by st.staff_id order by st.staff_id;

-- a price changed, and what it was
update film set rental_rate = rental_rate + 1 where film_id = 5
returning film_id, title, old.rental_rate as was, new.rental_rate as now_is;

-- a customer moved -- protected: email
update customer set address_id = 9 where customer_id = 4 returning customer_id, first_name, email, address_id;

-- a new category
insert into category (name) values ('Horror'), ('Music') on conflict (name) do update set last_update = excluded.last_update
returning category_id > 10 as is_new, name;

-- a film put on the shelf by a query
with wanted as (select film_id from film where rating = 'NC-17' order by film_id limit 3)
insert into inventory (film_id, store_id) select film_id, 2 from wanted returning inventory_id > 360 as is_new, film_id, store_id;

-- rentals that came back, merged
merge into rental r using (values (13), (26)) as back(id) on r.rental_id = back.id
when matched then update set return_date = timestamptz '2025-12-01' returning merge_action(), r.rental_id, r.return_date;

-- an address nobody uses, deleted
delete from address a where not exists (select from customer c where c.address_id = a.address_id)
    and a.address_id > 105 returning a.address_id, a.address;

-- the plan of a question
explain (costs off) select title from film where film_id = 1;

-- what the database has
select table_name, table_type from information_schema.tables where table_schema = 'public' order by 1;

-- columns of a table
select column_name, data_type, is_nullable, column_default from information_schema.columns
where table_name = 'customer' order by ordinal_position;

-- how big things are
select c.relname, c.reltuples::int as rows, pg_relation_size(c.oid) > 0 as has_rows
from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by 1;

-- the settings of the session
select name, setting, unit from pg_settings where name in ('server_encoding', 'max_connections', 'work_mem') order by name;
