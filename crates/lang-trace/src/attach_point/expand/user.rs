//! Functions and probes of user files.
use crate::attach_point::{Mangled, Point, UserPlace, has_wildcard, matches};
use osmia_object::{Target, UserFile, UserSymbol, without_parameters};

/// The name under which files are asked for that a point does not name: its program for functions, all that the process
/// runs for probes.
const OWN_PROGRAM: &str = "";
/// All that the process runs, or that all processes run.
const ALL_FILES: &str = "*";

/// The files that a point means; `None` where nobody asked for them.
fn files<'a>(path: &str, target: &'a Target) -> Option<&'a [UserFile]> {
    target.binaries.get(path).map(Vec::as_slice)
}

/// The name of the files of a uprobe.
pub(crate) fn of_function(path: Option<&str>) -> &str {
    path.unwrap_or(OWN_PROGRAM)
}

/// The name of the files of a USDT probe.
pub(crate) fn of_probe(path: Option<&str>) -> &str {
    path.filter(|path| !path.is_empty()).unwrap_or(ALL_FILES)
}

/// The functions, addresses and lines of the target's files that a point stands for.
pub(super) fn functions(path: Option<&str>, place: &UserPlace, target: &Target) -> Vec<Point> {
    let Some(files) = files(of_function(path), target) else {
        return vec![Point::UserFunction { path: path.map(str::to_owned), place: place.clone() }];
    };
    let point = |file: &UserFile, place| Point::UserFunction { path: Some(file.path.clone()), place };
    let mut points = Vec::new();
    for file in files {
        let UserPlace::Symbol { name, offset, mangled } = place else {
            points.push(point(file, place.clone()));
            continue;
        };
        let mut found: Vec<&str> = file
            .functions()
            .filter(|symbol| stands_for(name, *mangled, symbol))
            .map(|symbol| symbol.name.as_str())
            .collect();
        found.dedup();
        points.extend(found.into_iter().map(|name| {
            point(file, UserPlace::Symbol { name: name.to_owned(), offset: *offset, mangled: *mangled })
        }));
    }
    points
}

/// Whether a pattern, or a name, means this function.
pub(crate) fn stands_for(name: &str, mangled: Mangled, symbol: &UserSymbol) -> bool {
    let fits = |text: &str| if has_wildcard(name) { matches(name, text) } else { name == text };
    let author = symbol.demangled.as_deref().filter(|_| mangled == Mangled::Demangled);
    fits(&symbol.name)
        || author.is_some_and(|author| match name.contains('(') {
            true => fits(author),
            false => fits(without_parameters(author)),
        })
}

/// The probes of the target's files that a point stands for.
pub(super) fn probes(path: Option<&str>, namespace: Option<&str>, name: &str, target: &Target) -> Vec<Point> {
    let Some(files) = files(of_probe(path), target) else {
        let [path, namespace] = [path, namespace].map(|text| text.map(str::to_owned));
        return vec![Point::Usdt { path, namespace, name: name.to_owned() }];
    };
    let namespace = namespace.unwrap_or("*");
    let mut points = Vec::new();
    for file in files {
        let fits = file.probes.iter().filter(|probe| {
            matches(namespace, &probe.provider) && (name == probe.name || matches(name, &probe.name))
        });
        points.extend(fits.map(|probe| Point::Usdt {
            path: Some(file.path.clone()),
            namespace: Some(probe.provider.clone()),
            name: probe.name.clone(),
        }));
    }
    points
}

/// Names of the files of a point that may have been meant instead.
pub(super) fn others<'a>(point: &Point, target: &'a Target) -> Vec<&'a str> {
    let of = |path: &str| files(path, target).unwrap_or_default().iter();
    match point {
        Point::UserFunction { path, .. } => of(of_function(path.as_deref()))
            .flat_map(|file| file.symbols.iter().map(|symbol| symbol.name.as_str()))
            .collect(),
        Point::Usdt { path, .. } => of(of_probe(path.as_deref()))
            .flat_map(|file| file.probes.iter().map(|probe| probe.name.as_str()))
            .collect(),
        _ => Vec::new(),
    }
}
