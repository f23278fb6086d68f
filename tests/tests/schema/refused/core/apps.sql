-- refused: apps_codespace_id_key
insert into apps (id, user_id, name, codespace_id, created_at) values ('x', 'bob', 'X', 'space-one', now());
-- refused: apps_codespace_id_key
insert into apps (id, user_id, name, codespace_id, created_at) values ('x', 'bob', 'X', 'space-two', now());
-- refused: apps_codespace_id_shape
insert into apps (id, user_id, name, codespace_id, created_at) values ('x', 'bob', 'X', '../x', now());
-- refused: apps_slug_key
insert into apps (id, user_id, name, slug, created_at) values ('x', 'bob', 'X', 'one-app', now());
-- refused: apps_domain_shape
update apps set domain = 'http://x.y' where id = 'app1';
-- refused: apps_not_forked_from_itself
insert into apps (id, user_id, name, forked_from, created_at) values ('x', 'bob', 'X', 'x', now());
-- refused: apps_forked_from_is_final
update apps set forked_from = 'app2' where id = 'app1';
-- refused: apps_archived_is_only_restarted
update apps set status = 'LIVE' where id = 'app2';
-- refused: app_build_status_known
update apps set status = 'DRAFT' where id = 'app1';
-- refused: requirements_version_positive
insert into requirements (id, app_id, description, version, created_at) values ('r', 'app1', 'x', 0, now());
-- refused: requirements_version_counts
update requirements set status = 'COMPLETED' where id = 'r1';
-- refused: requirements_description_length
insert into requirements (id, app_id, description, created_at) values ('r', 'app1', '', now());
-- refused: monetization_models_price_range
insert into monetization_models (id, app_id, type, price_minor, currency, created_at) values ('m', 'app1', 'ONE_TIME', -1, 'usd', now());
-- refused: monetization_models_price_has_a_currency
insert into monetization_models (id, app_id, type, price_minor, created_at) values ('m', 'app1', 'ONE_TIME', 1, now());
-- refused: monetization_models_free_is_free
insert into monetization_models (id, app_id, type, price_minor, currency, created_at) values ('m', 'app1', 'FREE', 1, 'usd', now());
-- refused: monetization_models_interval_of_a_subscription
insert into monetization_models (id, app_id, type, subscription_interval, created_at) values ('m', 'app1', 'ONE_TIME', 'MONTHLY', now());
-- refused: monetization_models_priced_subscription_has_an_interval
insert into monetization_models (id, app_id, type, price_minor, currency, created_at) values ('m', 'app1', 'SUBSCRIPTION', 999, 'usd', now());
-- refused: monetization_models_features_fit
insert into monetization_models (id, app_id, features, created_at) values ('m', 'app1', array[null]::text[], now());
-- refused: app_messages_content_length
insert into app_messages (app_id, id, role, content, created_at) values ('app1', 'm', 'USER', repeat('x', 50001), now());
-- refused: message_role_known
insert into app_messages (app_id, id, role, content, created_at) values ('app1', 'm', 'BOT', 'x', now());
-- Another app's picture
-- refused: app_attachments_own_image
insert into app_attachments (app_id, message_id, image_id, created_at) values ('app1', 'm1', 'i2', now());
-- refused: app_attachments_own_message
insert into app_attachments (app_id, message_id, image_id, created_at) values ('app2', 'm1', 'i2', now());
-- refused: app_images_size_positive
insert into app_images (app_id, id, r2_key, width, height, size_bytes, created_at) values ('app1', 'i', 'k', 0, 1, 1, now());
