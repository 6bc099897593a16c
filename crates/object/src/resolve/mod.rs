//! From [`Object`] to [`Image`]: everything that depends on the machine.
mod attach;
mod contexts;
mod core;
mod error;
mod exceptions;
pub(crate) mod externs;
mod infos;
mod layout;
mod link;
mod maps;
mod modules;
mod struct_ops;
mod tables;
mod types;

use crate::{Image, Object, Target};
pub(crate) use attach::wanted_type;
pub use error::{ResolveError, ResolveErrorKind, ResolveErrors};
use externs::Externs;
pub use maps::internal_name;
use osmia_abi::{Answer, Feature};
use types::Types;

/// What is known while an object is made fit.
struct Context<'a> {
    when: When,
    object: &'a Object,
    target: &'a Target,
    /// Where the maps that come from data are, and what the external symbols are.
    maps: maps::Places,
    tables: tables::Tables,
    externs: Externs,
    errors: Vec<ResolveError>,
}

/// When the kernel is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Now: the target says what it says.
    Now,
    /// When it is loaded.
    Later,
}

/// Makes `object` fit for `target`; an error where a program that is loaded by itself does not fit.
pub fn resolve(object: &Object, target: &Target) -> Result<Image, ResolveErrors> {
    resolve_named(object, target, "")
}

/// Like [`resolve`], for an object with a name: its global data gets names such as `NAME.rodata`.
pub fn resolve_named(object: &Object, target: &Target, name: &str) -> Result<Image, ResolveErrors> {
    fitting(resolve_each(object, target, name)?)
}

/// The image, if all that is loaded by itself fits.
fn fitting(image: Image) -> Result<Image, ResolveErrors> {
    let unfit = image.programs.iter().filter(|program| program.autoload).flat_map(|program| &program.unfit);
    let maps = image.maps.iter().filter(|map| map.create).filter_map(|map| map.unfit.as_ref());
    let errors: Vec<ResolveError> = maps.chain(unfit).cloned().collect();
    if errors.is_empty() { Ok(image) } else { Err(ResolveErrors(errors)) }
}

/// Like [`resolve_named`], but what only a kernel can say is left open ([`crate::ImageProgram::later`]): CO-RE relocations, kernel
/// symbols, the types that programs attach to. The target says but what its configuration says.
pub fn resolve_later(object: &Object, target: &Target, name: &str) -> Result<Image, ResolveErrors> {
    fitting(resolve_when(When::Later, object, target, name)?)
}

/// Like [`resolve_named`], program by program: each says for itself why it does not fit ([`crate::ImageProgram::unfit`],
/// [`crate::ImageMap::unfit`]), for loaders that are then asked for others. What concerns the object as a whole is still an error.
pub fn resolve_each(object: &Object, target: &Target, name: &str) -> Result<Image, ResolveErrors> {
    resolve_when(When::Now, object, target, name)
}

/// Like [`resolve_each`], but what the object as a whole must have (symbols of the kernel, values of its configuration, maps that can be
/// made) is asked of each program for itself too: it does not fit where it wants something of that which is not there. All that is
/// not there stands beside the image, whoever wants it.
pub fn resolve_apart(
    object: &Object,
    target: &Target,
    name: &str,
) -> Result<(Image, Vec<ResolveError>), ResolveErrors> {
    resolve_parts(When::Now, object, target, name)
}

/// What libbpf asks of an object before it looks at the machine: that all its symbols are its own or the kernel's, and that it knows
/// how each map is pinned. It opens no other.
pub fn check_whole(object: &Object) -> Result<(), ResolveErrors> {
    let mut errors = externs::of_others(object);
    errors.extend(maps::not_understood(object));
    if errors.is_empty() { Ok(()) } else { Err(ResolveErrors(errors)) }
}

fn resolve_when(when: When, object: &Object, target: &Target, name: &str) -> Result<Image, ResolveErrors> {
    let (image, absent) = resolve_parts(when, object, target, name)?;
    if absent.is_empty() { Ok(image) } else { Err(ResolveErrors(absent)) }
}

/// The image, and what the object as a whole must have and does not: programs that want it say so too.
fn resolve_parts(
    when: When,
    object: &Object,
    target: &Target,
    name: &str,
) -> Result<(Image, Vec<ResolveError>), ResolveErrors> {
    let mut errors = Vec::new();
    let modules = modules::Modules::default();
    let externs = externs::find(when, object, target, &modules, &mut errors);
    let mut types = Types::new(object, target, &externs).map_err(|error| ResolveErrors(vec![error]))?;
    let (mut maps, places) = maps::all(object, target, name, &externs, &mut errors);
    let tables = tables::Tables::behind(maps.len());
    let mut context = Context { when, object, target, maps: places, tables, externs, errors };
    let programs = link::programs(&mut context, &mut types);
    maps::fill_slots(&mut context, &mut maps);
    maps.append(&mut context.tables.maps);
    let mut absent = context.externs.absent(object);
    absent.extend(maps::not_understood(object));
    if !context.errors.is_empty() {
        absent.append(&mut context.errors);
        return Err(ResolveErrors(absent));
    }
    let image = Image {
        license: object.license.clone(),
        version: object.version.unwrap_or(target.version),
        maps,
        programs,
        modules: modules.names(),
        btf: types.finish(),
    };
    Ok((image, absent))
}

/// Whether the target is known not to have a feature. What nobody asked about is taken to be there.
fn lacks(target: &Target, feature: Feature) -> bool {
    target.features.get(feature) == Answer::No
}
