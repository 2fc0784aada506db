#include "core/kernel/mm/user_memory.h"

#include <cstring>

#include "core/kernel/errno.h"
#include "core/kernel/mm/internal.h"
#include "core/kernel/mm/page_lists.h"

namespace ringside {
namespace {

// Only the current task's fault may grow its stack.
FaultResult faultIn(Os& os, MmId id, u64 address, u32 error) {
    if (id == os.kernel.currentTask().mm) return handleFault(os, address, error);
    const Vma* area = os.kernel.mms.at(id).find(address);
    if (!area) return FaultResult::SegvMapErr;
    if (!(area->flags & (error & pf::W ? vm::Write : vm::Read))) return FaultResult::SegvAccErr;
    return handleMmFault(os, id, address, error & pf::W);
}

// The frame behind a user address, faulted in as the process's own access would; nothing: -EFAULT.
std::optional<FrameNo> userFrame(Os& os, MmId id, u64 address, bool write) {
    if (address >= kTaskSize) return std::nullopt;
    const Mm* mm = os.kernel.mms.find(id);
    if (!mm) return std::nullopt;
    const bool five = os.kernel.options.fiveLevel;
    for (int attempt = 0; attempt < 4; ++attempt) {
        const auto slot = findPte(os.ram, os.kernel.mms.at(id).cr3, five, address);
        const bool present = slot && (slot->entry & pte::P);
        if (present && (!write || (slot->entry & pte::RW))) {
            const u64 wanted = slot->entry | pte::A | (write ? pte::D : 0);
            if (wanted != slot->entry) os.ram.store(slot->at, wanted);
            FrameNo frame = pteFrame(slot->entry);
            if (slot->huge) frame += static_cast<u32>(address >> kPageShift & 511);
            return frame;
        }
        const u32 error = (present ? pf::P : 0) | (write ? pf::W : 0);
        if (faultIn(os, id, address, error) != FaultResult::Handled) return std::nullopt;
    }
    return std::nullopt;
}

// FOLL_FORCE (Linux 6.1 mm/gup.c).
std::optional<FrameNo> forcedFrame(Os& os, MmId id, u64 address) {
    const Mm* mm = os.kernel.mms.find(id);
    const Vma* area = mm ? mm->find(address) : nullptr;
    if (!area || !isCow(*area) || (area->flags & vm::Write)) return userFrame(os, id, address, true);
    const auto frame = userFrame(os, id, address, false);
    if (!frame) return std::nullopt;
    const Page& page = os.kernel.frames.pages[frame->value];
    if (page.use == PageUse::Anonymous && page.refcount == 1 && !isZeroPage(os, *frame)) return frame;
    if (handleMmFault(os, id, address, true) != FaultResult::Handled) return std::nullopt;
    const auto slot = findPte(os.ram, os.kernel.mms.at(id).cr3, os.kernel.options.fiveLevel, address);
    if (!slot || slot->huge || !(slot->entry & pte::P)) return std::nullopt;
    if (slot->entry & pte::RW)
        setPte(os, os.kernel.mms.edit(id), pageDown(address), slot->at, slot->entry & ~u64{pte::RW});
    return pteFrame(slot->entry);
}

}  // namespace

bool copyFromUser(Os& os, std::span<u8> out, u64 address) {
    for (u64 done = 0; done < out.size();) {
        const u64 at = address + done, k = std::min(out.size() - done, kPageSize - pageOffset(at));
        const auto frame = userFrame(os, os.kernel.currentTask().mm, at, false);
        if (!frame) return false;
        std::memcpy(out.data() + done, os.ram.frame(*frame) + pageOffset(at), k);
        done += k;
    }
    return true;
}

namespace {

template <class FrameOf>
bool copyOut(Os& os, u64 address, std::span<const u8> in, FrameOf frameOf) {
    for (u64 done = 0; done < in.size();) {
        const u64 at = address + done, k = std::min(in.size() - done, kPageSize - pageOffset(at));
        const auto frame = frameOf(at);
        if (!frame) return false;
        std::memcpy(kernelWritable(os, *frame, pageOffset(at), k), in.data() + done, k);
        done += k;
    }
    return true;
}

}  // namespace

bool copyToUser(Os& os, u64 address, std::span<const u8> in) {
    return copyOut(os, address, in, [&](u64 at) { return userFrame(os, os.kernel.currentTask().mm, at, true); });
}

bool copyToProcess(Os& os, MmId mm, u64 address, std::span<const u8> in) {
    return copyOut(os, address, in, [&](u64 at) { return forcedFrame(os, mm, at); });
}

std::expected<std::string, i64> stringFromUser(Os& os, u64 address, u64 limit) {
    std::string text;
    while (text.size() < limit) {
        const u64 k = std::min(limit - text.size(), kPageSize - pageOffset(address));
        const auto frame = userFrame(os, os.kernel.currentTask().mm, address, false);
        if (!frame) return std::unexpected(-error::kFault);
        const char* bytes = reinterpret_cast<const char*>(os.ram.frame(*frame)) + pageOffset(address);
        if (const void* end = std::memchr(bytes, 0, k)) {
            text.append(bytes, static_cast<const char*>(end));
            return text;
        }
        text.append(bytes, k);
        address += k;
    }
    return std::unexpected(-error::kNameTooLong);
}

}  // namespace ringside
