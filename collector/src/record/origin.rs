/// An attribute's name and its value in text form.
pub type Attribute<'a> = (&'a str, &'a str);

/// Attributes as journeys read them back, in the order of the sender.
pub type Attributes = Vec<(String, String)>;

/// What the records of one resource share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `service.name` as sent, `unknown_service` when absent.
    pub service: &'a str,
    /// The commerce system the service is mapped to.
    pub system: &'a str,
    /// The resource's attributes.
    pub attributes: &'a [Attribute<'a>],
}

/// An instrumentation scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its attributes, under the names that they have on the records of the scope.
    pub attributes: &'a [Attribute<'a>],
}
