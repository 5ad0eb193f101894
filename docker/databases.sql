-- The databases of the services beside the one that the image of Postgres makes itself.
CREATE DATABASE payments;
CREATE DATABASE orders;
CREATE DATABASE users;
