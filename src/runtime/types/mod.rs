//! TYPES: method table → module → metadata → names and fields.

mod name;

pub use name::TypeName;
