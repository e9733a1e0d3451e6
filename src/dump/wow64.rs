//! WoW64: a 32-bit process that a 64-bit tool dumped.
//!
//! Such a dump names a 64-bit processor, and its thread records are those of the 64-bit side. The runtime's
//! own image says what the process is. Each thread's 64-bit environment block names the 32-bit one, and the
//! 32-bit registers while the thread is on the 64-bit side. A stack pointer outside the 32-bit stack is
//! refused. Layouts: `winternl.h`, and what `wow64exts` of WinDbg reads.

use std::ops::Range;

use super::{Architecture, Dump, Os, Thread, read};

const RUNTIMES: [&str; 3] = ["coreclr.dll", "clr.dll", "mscorwks.dll"];
/// NT_TIB32: StackBase, StackLimit, Self.
const BASE: u64 = 4;
const LIMIT: u64 = 8;
const SELF: u64 = 0x18;
/// TEB64.TlsSlots\[1\]: {u16 flags, u16 machine, CONTEXT of the 32-bit side}.
const CPU_AREA: u64 = 0x1488;
/// CONTEXT (x86): Edi, Esi, Ebx, Edx, Ecx, Eax, Ebp, Eip, SegCs, EFlags, Esp.
const REGISTERS: Range<u64> = 0x9C..0xC8;
const STACK_POINTER: u64 = 0xC4;

/// Finds out whether the dump is of this kind; if so, makes it that of the 32-bit process.
pub(super) fn settle(dump: &mut Dump) {
    if dump.os != Os::Windows || dump.architecture.pointer_size() == 4 {
        return;
    }
    let Some(architecture) = of_image(dump) else { return };
    dump.architecture = architecture;
    let mut threads = std::mem::take(&mut dump.threads);
    let unread = threads.iter_mut().filter_map(|thread| to_32_bit(dump, thread).is_none().then_some(())).count();
    dump.threads = threads;
    if unread > 0 {
        dump.warnings.push(format!(
            "The stacks of {unread} threads are unread: a 64-bit tool dumped this 32-bit process (WoW64), and their 32-bit side was not found."
        ));
    }
}

/// What the runtime's image was built for, or the program's where the runtime has no file of its own, if it
/// is 32-bit.
fn of_image(dump: &Dump) -> Option<Architecture> {
    let named = |names: &[&str]| -> Vec<u64> {
        let is = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        dump.modules.iter().filter(|module| is(module.file_name())).map(|module| module.base).collect()
    };
    let mut images = named(&RUNTIMES);
    if images.is_empty() && !named(&["wow64.dll"]).is_empty() {
        let program = dump.process.path.as_deref();
        images.extend(dump.modules.iter().filter(|module| Some(&*module.path) == program).map(|module| module.base));
    }
    let of = |&base: &u64| match machine(dump, base)? {
        0x14C => Some(Architecture::X86),
        0x1C0..=0x1C4 => Some(Architecture::Arm),
        _ => None,
    };
    let found: Option<Vec<Architecture>> = images.iter().map(of).collect();
    found?.first().copied()
}

/// The machine in the header of the PE image at `base`.
fn machine(dump: &Dump, base: u64) -> Option<u16> {
    let header = base.checked_add(number(dump, base.checked_add(0x3C)?)?.into())?;
    let signature = number(dump, header)?;
    let machine = number(dump, header.checked_add(4)?)? as u16;
    (signature == u32::from_le_bytes(*b"PE\0\0")).then_some(machine)
}

/// `None` where the thread's 32-bit side is not found: it then has neither stack nor registers.
fn to_32_bit(dump: &Dump, thread: &mut Thread) -> Option<()> {
    let (block64, running) = (std::mem::take(&mut thread.teb), std::mem::take(&mut thread.registers));
    let pointer = std::mem::take(&mut thread.stack_pointer);
    // Some writers name the 32-bit block at once.
    let candidates = [Some(block64), number(dump, block64).map(u64::from)];
    let is_block = |block: &u64| *block != 0 && number(dump, *block + SELF).map(u64::from) == Some(*block);
    let block = candidates.into_iter().flatten().filter(|&block| block <= u32::MAX.into()).find(is_block)?;
    let stack = u64::from(number(dump, block + LIMIT)?)..u64::from(number(dump, block + BASE)?);
    thread.teb = block;
    if stack.contains(&pointer) {
        thread.stack_pointer = pointer;
        thread.registers = running.into_iter().map(|register| register & u64::from(u32::MAX)).collect();
    } else if let Some(saved) = saved_registers(dump, block64).filter(|saved| stack.contains(&saved.0)) {
        (thread.stack_pointer, thread.registers) = saved;
    }
    Some(())
}

/// Stack pointer and registers of a thread on the 64-bit side, as it left the 32-bit one.
fn saved_registers(dump: &Dump, block64: u64) -> Option<(u64, Vec<u64>)> {
    let area = number(dump, block64.checked_add(CPU_AREA)?)?;
    let context = u64::from(area) + 4;
    let registers = REGISTERS.step_by(4).map(|at| number(dump, context + at).map(u64::from));
    Some((number(dump, context + STACK_POINTER)?.into(), registers.collect::<Option<_>>()?))
}

fn number(dump: &Dump, address: u64) -> Option<u32> {
    let index = dump.ranges.partition_point(|range| range.address <= address).checked_sub(1)?;
    let range = dump.ranges[index];
    let offset = address - range.address;
    let at = range.offset.checked_add(offset)?;
    if offset.checked_add(4)? <= range.len { read::u32(&dump.bytes, at) } else { None }
}
