//! From a path to the RPC that answers it. The table is turned into something that can be searched when the first request
//! comes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{FieldDescriptor, Kind, MethodDescriptor};

use crate::binding::{SERVICES, Verb};
use crate::url;

/// A route: a path with fields of the message in it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// Its path as the table has it.
    pub(crate) template: String,
    pub(crate) method: MethodDescriptor,
    segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Segment {
    Literal(String),
    Field(FieldPath),
}

/// A field of a message, or of a message inside it: each step is a field of what the step before leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FieldPath(pub(crate) Vec<FieldDescriptor>);

impl FieldPath {
    /// `execution.workflow_id`, by protobuf names.
    fn named(method: &MethodDescriptor, path: &str) -> Self {
        let mut message = Some(method.input());
        let fields = path.split('.').map(|name| {
            let field = message.take().and_then(|message| message.get_field_by_name(name));
            let field = field.unwrap_or_else(|| panic!("{} has no field {path}", method.input().full_name()));
            if let Kind::Message(inner) = field.kind() {
                message = Some(inner);
            }
            field
        });
        Self(fields.collect())
    }
}

/// What became of looking for a route.
pub(crate) enum Found {
    /// The route, and the values of its fields.
    Route(&'static Route, Vec<(FieldPath, String)>),
    /// There is none.
    Nothing,
    /// There is none for this verb.
    OtherVerb,
    /// The path cannot be read; the text says why.
    Invalid(String),
}

/// All routes, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.values().flatten()
}

/// By the number of their segments.
static ROUTES: LazyLock<BTreeMap<usize, Vec<Route>>> = LazyLock::new(|| {
    let mut routes: BTreeMap<usize, Vec<Route>> = BTreeMap::new();
    for service in &SERVICES {
        let descriptor = abide_json::pool().get_service_by_name(service.name).expect("the protocol has the service");
        for binding in service.bindings {
            let method = descriptor.methods().find(|method| method.name() == binding.rpc);
            let method = method.expect("the service has the RPC");
            for template in binding.paths() {
                let segment = |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                    Some(path) => Segment::Field(FieldPath::named(&method, path)),
                    None => Segment::Literal(text.to_owned()),
                };
                let segments: Vec<Segment> = url::segments(&template).into_iter().flatten().map(segment).collect();
                let route = Route { verb: binding.verb, template, method: method.clone(), segments };
                routes.entry(route.segments.len()).or_default().push(route);
            }
        }
    }
    routes
});

/// The route of a path, as it is written in a request. No verb is one that no route has.
pub(crate) fn find(verb: Option<Verb>, path: &str) -> Found {
    let Some(segments) = url::segments(path) else { return Found::Nothing };
    let segments: Vec<&str> = segments.collect();
    let candidates = ROUTES.get(&segments.len()).map(Vec::as_slice).unwrap_or_default();
    let matching = candidates.iter().filter(|route| route.leads_to(&segments));
    let mut found = Found::Nothing;
    for route in matching {
        if Some(route.verb) != verb {
            found = Found::OtherVerb;
            continue;
        }
        return match route.values(&segments) {
            Ok(values) => Found::Route(route, values),
            Err(why) => Found::Invalid(why),
        };
    }
    found
}

impl Route {
    /// `/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution`.
    pub(crate) fn grpc_path(&self) -> String {
        format!("/{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    /// The fields that stand in its path.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &FieldPath> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Field(field) => Some(field),
        })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    fn leads_to(&self, segments: &[&str]) -> bool {
        self.segments.iter().zip(segments).all(|(segment, text)| match segment {
            Segment::Literal(literal) => literal == text,
            Segment::Field(_) => true,
        })
    }

    fn values(&self, segments: &[&str]) -> Result<Vec<(FieldPath, String)>, String> {
        let pairs = self.segments.iter().zip(segments).filter_map(|(segment, text)| match segment {
            Segment::Literal(_) => None,
            Segment::Field(field) => Some((field, text)),
        });
        pairs.map(|(field, text)| Ok((field.clone(), url::decoded(text)?.into_owned()))).collect()
    }
}
