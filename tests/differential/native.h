// Runs cases on the host CPU. A child process maps the sandbox at its fixed addresses and goes from case to case inside
// one signal handler: the trap or fault that ends a case delivers its registers, and the return from that signal loads
// the next case, the kernel restoring every register from the frame. One signal a case, so about a microsecond.
//
// The child may do nothing but return from signals and exit (seccomp), so that no byte string can harm the host.
// FS and GS bases are the same for all cases: signal frames do not carry them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "tests/differential/sandbox.h"

namespace ringside::sandbox {

class Native {
 public:
    // Fails with a sentence where the host can not do it (other CPU, no fixed mappings, no seccomp, no ptrace-like
    // traps).
    static Expected<Native> create();
    Native(Native&&) noexcept;
    Native& operator=(Native&&) noexcept;
    ~Native();

    // Results in the order of the cases.
    std::vector<Result> run(std::span<const Case> cases);
    // Is this a kind of CPU whose every disagreement was looked into? On others (another maker, a CPU in software)
    // there may be differences that are the maker's own and that nobody has told apart from our mistakes yet.
    static bool isKnownKind();
    // The data pages as the last case left them.
    std::span<const u8> data() const;

 private:
    struct Shared;
    explicit Native(std::unique_ptr<Shared> shared);
    std::unique_ptr<Shared> m_shared;
};

}  // namespace ringside::sandbox
