// A copy of a copy-on-write table is read and dropped on another thread while the original is being written: what the
// screen does with snapshots all the time.
#include <cstdio>
#include <thread>

#include "core/base/cow.h"

using namespace ringside;

int main() {
    CowArray<u64, 64> numbers(4096);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers.edit(i) = i;

    u64 wrong = 0;
    for (int round = 0; round < 200; ++round) {
        const CowArray<u64, 64> snapshot = numbers;
        std::thread reader([snapshot, round, &wrong] {
            for (std::size_t i = 0; i < snapshot.size(); ++i) wrong += snapshot[i] != i + static_cast<u64>(round);
        });
        for (std::size_t i = 0; i < numbers.size(); ++i) numbers.edit(i) += 1;
        reader.join();
    }
    if (wrong != 0)
        std::printf("%llu elements of a snapshot changed under its reader\n", static_cast<unsigned long long>(wrong));
    return wrong == 0 ? 0 : 1;
}
