//! The macros that the preprocessor itself knows.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    Line,
    File,
    FileName,
    BaseFile,
    Counter,
    IncludeLevel,
    /// A fixed text: the same unit always is the same object.
    Text(&'static str),
    Pragma,
    /// A question that is answered from a table.
    Has(Table),
    HasInclude,
    HasIncludeNext,
}

/// Which table answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Builtins,
    Attributes,
    Features,
    Extensions,
    /// Nothing of that kind is known.
    Nothing,
}

/// Their names.
pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("__LINE__", Builtin::Line),
    ("__FILE__", Builtin::File),
    ("__FILE_NAME__", Builtin::FileName),
    ("__BASE_FILE__", Builtin::BaseFile),
    ("__COUNTER__", Builtin::Counter),
    ("__INCLUDE_LEVEL__", Builtin::IncludeLevel),
    ("__DATE__", Builtin::Text("\"Jan  1 1970\"")),
    ("__TIME__", Builtin::Text("\"00:00:00\"")),
    ("__TIMESTAMP__", Builtin::Text("\"Thu Jan  1 00:00:00 1970\"")),
    ("_Pragma", Builtin::Pragma),
    ("__has_builtin", Builtin::Has(Table::Builtins)),
    ("__has_attribute", Builtin::Has(Table::Attributes)),
    ("__has_feature", Builtin::Has(Table::Features)),
    ("__has_extension", Builtin::Has(Table::Extensions)),
    ("__has_c_attribute", Builtin::Has(Table::Nothing)),
    ("__has_cpp_attribute", Builtin::Has(Table::Nothing)),
    ("__has_declspec_attribute", Builtin::Has(Table::Nothing)),
    ("__has_warning", Builtin::Has(Table::Nothing)),
    ("__building_module", Builtin::Has(Table::Nothing)),
    ("__has_include", Builtin::HasInclude),
    ("__has_include_next", Builtin::HasIncludeNext),
];
