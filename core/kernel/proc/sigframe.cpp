#include "core/kernel/proc/sigframe.h"

#include <cstring>

#include "core/kernel/proc/signal.h"

namespace ringside {
namespace {
// siginfo_t on x86-64: signo, errno, code, padding, then the union at 16.
enum Offset : std::size_t { kSigno = 0, kErrno = 4, kCode = 8, kUnion = 16 };

template <class T>
void put(std::array<u8, kSigInfoSize>& out, std::size_t at, T value) {
    std::memcpy(out.data() + at, &value, sizeof value);
}
template <class T>
T get(const std::array<u8, kSigInfoSize>& in, std::size_t at) {
    T value;
    std::memcpy(&value, in.data() + at, sizeof value);
    return value;
}
bool isFault(const SigInfo& info) {
    if (info.code <= 0 || info.code == si::Kernel) return false;
    switch (info.signal) {
        case kSigSegv:
        case kSigBus:
        case kSigIll:
        case kSigFpe:
        case kSigTrap:
            return true;
        default:
            return false;
    }
}
}  // namespace

// siginfo_layout
std::array<u8, kSigInfoSize> encodeSigInfo(const SigInfo& info) {
    std::array<u8, kSigInfoSize> out{};
    put(out, kSigno, info.signal);
    put(out, kErrno, info.error);
    put(out, kCode, info.code);
    if (isFault(info)) {
        put(out, kUnion, info.value);
        return out;
    }
    put(out, kUnion, info.pid);  // timers: their id
    put(out, kUnion + 4, info.uid);
    if (info.signal == kSigChld && info.code > 0) {
        put(out, kUnion + 8, info.status);
        put(out, kUnion + 16, info.value);
        put(out, kUnion + 24, info.value2);
    } else if (info.code < 0) {
        put(out, kUnion + 8, info.value);
    }
    return out;
}

SigInfo decodeSigInfo(const std::array<u8, kSigInfoSize>& in) {
    SigInfo info{.signal = get<i32>(in, kSigno), .error = get<i32>(in, kErrno), .code = get<i32>(in, kCode)};
    info.pid = get<i32>(in, kUnion);
    info.uid = get<i32>(in, kUnion + 4);
    info.value = get<u64>(in, kUnion + 8);
    return info;
}

}  // namespace ringside
