//! Names of types as users write them.

use abide_api::temporal::api::enums::v1::IndexedValueType;

/// The type of a search attribute by its name, in any case: `Text`, `Keyword`, `Int`, `Double`, `Bool`, `Datetime`,
/// `KeywordList`.
pub fn search_attribute_type(name: &str) -> Option<IndexedValueType> {
    match name.to_ascii_lowercase().as_str() {
        "text" => Some(IndexedValueType::Text),
        "keyword" => Some(IndexedValueType::Keyword),
        "int" => Some(IndexedValueType::Int),
        "double" => Some(IndexedValueType::Double),
        "bool" => Some(IndexedValueType::Bool),
        "datetime" => Some(IndexedValueType::Datetime),
        "keywordlist" => Some(IndexedValueType::KeywordList),
        _ => None,
    }
}
