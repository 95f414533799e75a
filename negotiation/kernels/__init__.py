"""Hot loops, as plain functions on arrays, one file per problem."""
