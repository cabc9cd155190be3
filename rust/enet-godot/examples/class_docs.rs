//! Writes the class reference that the library brings into the editor's help, one XML file for each class, into the folder
//! that is named: what `./build.sh docs` makes the pages in `docs/classes` of.

use std::path::PathBuf;
use std::{env, fs, io};

// Linked for the documentation that it registers when it is loaded.
use enet_server as _;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or_else(|| io::Error::other("name a folder"))?);
    fs::create_dir_all(&folder)?;
    for xml in godot::docs::__gather_xml_docs() {
        let name = class_name(&xml).ok_or_else(|| io::Error::other("a class without a name"))?;
        fs::write(folder.join(format!("{name}.xml")), &xml)?;
    }
    Ok(())
}

fn class_name(xml: &str) -> Option<&str> {
    let (_, rest) = xml.split_once("<class name=\"")?;
    rest.split_once('"').map(|(name, _)| name)
}
