//! VIEW MODELS: what a person sees, as plain data; no egui in here.

pub mod byname;
pub mod compare;
pub mod facts;
pub mod failure;
pub mod filter;
pub mod find;
pub mod flame;
pub mod format;
pub mod holding;
pub mod inspection;
pub mod instances;
pub mod loading;
pub mod object;
pub mod overview;
pub mod place;
pub mod recent;
pub mod root_table;
pub mod roots;
pub mod rows;
pub mod string_table;
pub mod suspects;
pub mod thread_table;
pub mod tree;
pub mod types;
pub mod waste;
