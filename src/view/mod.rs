//! VIEW MODELS: what a person sees, as plain data; no egui in here.
