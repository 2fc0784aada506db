// What is run, and on which machine.
#pragma once

#include <QDialog>

#include "widgets/window/session_controller.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace ringside {

class LoadDialog : public QDialog {
    Q_OBJECT
 public:
    LoadDialog(const LoadRequest& request, QWidget* parent);
    LoadRequest request() const;

 private:
    QLineEdit *m_program, *m_arguments, *m_environment, *m_root;
    QComboBox *m_profile, *m_sched;
    QSpinBox *m_ram, *m_swap, *m_hz;
    QCheckBox *m_huge, *m_fiveLevel;
};

}  // namespace ringside
