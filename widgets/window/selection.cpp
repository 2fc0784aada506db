#include "widgets/window/selection.h"

namespace ringside {

void Selection::select(const Subject& subject) {
    if (subject == m_current) return;
    if (!m_history.empty()) m_history.resize(m_at + 1);
    if (m_history.size() == kLongest) m_history.erase(m_history.begin());
    m_history.push_back(subject);
    m_at = m_history.size() - 1;
    m_current = subject;
    Q_EMIT changed(m_current);
}

void Selection::go(std::size_t to) {
    m_at = to;
    m_current = m_history[to];
    Q_EMIT changed(m_current);
}

void Selection::back() {
    if (canGoBack()) go(m_at - 1);
}

void Selection::forward() {
    if (canGoForward()) go(m_at + 1);
}

void Selection::clear() {
    m_history.clear();
    m_at = 0;
    m_current = {};
    Q_EMIT changed(m_current);
}

}  // namespace ringside
