// The one selection that all views share, and the way it took: Back and Forward.
#pragma once

#include <QObject>
#include <vector>

#include "widgets/canvas/subject.h"

namespace ringside {

class Selection : public QObject {
    Q_OBJECT
 public:
    using QObject::QObject;

    const Subject& current() const { return m_current; }
    void select(const Subject& subject);
    void back();
    void forward();
    bool canGoBack() const { return m_at > 0; }
    bool canGoForward() const { return m_at + 1 < m_history.size(); }
    void clear();

 Q_SIGNALS:
    void changed(const ringside::Subject& subject);

 private:
    static constexpr std::size_t kLongest = 200;
    void go(std::size_t to);

    Subject m_current;
    std::vector<Subject> m_history;
    std::size_t m_at = 0;
};

}  // namespace ringside
