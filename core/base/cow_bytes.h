// A growable byte buffer in 4 KiB pieces that copies share: file contents, console output. Missing pieces are zero.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/cow.h"

namespace ringside {

class CowBytes {
 public:
    CowBytes() = default;
    explicit CowBytes(std::span<const u8> bytes) { write(0, bytes); }

    u64 size() const { return m_size; }
    // Bytes actually read: less than asked for at the end.
    u64 read(u64 offset, std::span<u8> out) const {
        if (offset >= m_size) return 0;
        const u64 n = std::min<u64>(out.size(), m_size - offset);
        for (u64 done = 0; done < n;) {
            const u64 at = offset + done, inPiece = at % kPiece, k = std::min(n - done, kPiece - inPiece);
            const auto& piece = m_pieces[at / kPiece];
            if (piece)
                std::memcpy(out.data() + done, piece->bytes.data() + inPiece, k);
            else
                std::memset(out.data() + done, 0, k);
            done += k;
        }
        return n;
    }
    void write(u64 offset, std::span<const u8> in) {
        if (offset + in.size() > m_size) resize(offset + in.size());
        for (u64 done = 0; done < in.size();) {
            const u64 at = offset + done, inPiece = at % kPiece, k = std::min<u64>(in.size() - done, kPiece - inPiece);
            std::memcpy(edit(at / kPiece).data() + inPiece, in.data() + done, k);
            done += k;
        }
    }
    // Gives back the memory of what lies before `offset`, which reads as zeroes from now on.
    void forget(u64 offset) {
        for (; m_forgotten < std::min<u64>(offset / kPiece, m_pieces.size()); ++m_forgotten)
            m_pieces[m_forgotten].reset();
    }
    void append(std::span<const u8> in) { write(m_size, in); }
    void resize(u64 size) {
        if (size < m_size && size % kPiece != 0 && m_pieces[size / kPiece]) {
            auto& piece = edit(size / kPiece);
            std::fill(piece.begin() + static_cast<std::ptrdiff_t>(size % kPiece), piece.end(), u8{0});
        }
        m_size = size;
        m_pieces.resize((size + kPiece - 1) / kPiece);
    }
    std::string text(u64 offset = 0, u64 length = ~u64{0}) const {
        if (offset >= m_size) return {};
        std::string s(std::min(length, m_size - offset), '\0');
        read(offset, {reinterpret_cast<u8*>(s.data()), s.size()});
        return s;
    }

    friend bool operator==(const CowBytes& a, const CowBytes& b) {
        if (a.m_size != b.m_size) return false;
        for (std::size_t i = 0; i < a.m_pieces.size(); ++i) {
            if (a.m_pieces[i] == b.m_pieces[i]) continue;
            static const Piece zero{};
            const Piece& x = a.m_pieces[i] ? *a.m_pieces[i] : zero;
            const Piece& y = b.m_pieces[i] ? *b.m_pieces[i] : zero;
            if (x.bytes != y.bytes) return false;
        }
        return true;
    }

 private:
    static constexpr u64 kPiece = 4096;
    struct Piece {
        std::array<u8, kPiece> bytes{};
        u64 epoch = 0;
    };
    std::array<u8, kPiece>& edit(u64 i) {
        auto& piece = m_pieces[i];
        if (!piece || piece->epoch != m_epoch.value()) {
            piece = piece ? std::make_shared<Piece>(*piece) : std::make_shared<Piece>();
            piece->epoch = m_epoch.value();
        }
        return piece->bytes;
    }
    u64 m_size = 0, m_forgotten = 0;
    std::vector<std::shared_ptr<Piece>> m_pieces;
    Epoch m_epoch;
};

}  // namespace ringside
