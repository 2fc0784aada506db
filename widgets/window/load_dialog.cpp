#include "widgets/window/load_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>

namespace ringside {

LoadDialog::LoadDialog(const LoadRequest& request, QWidget* parent)
    : QDialog(parent),
      m_program(new QLineEdit(request.program)),
      m_arguments(new QLineEdit),
      m_environment(new QLineEdit),
      m_root(new QLineEdit(QString::fromStdString(request.options.kernel.rootDirectory))),
      m_profile(new QComboBox),
      m_sched(new QComboBox),
      m_ram(new QSpinBox),
      m_swap(new QSpinBox),
      m_hz(new QSpinBox),
      m_huge(new QCheckBox(tr("Huge pages"))),
      m_fiveLevel(new QCheckBox(tr("Five-level page tables"))) {
    setWindowTitle(tr("Program and machine"));
    QStringList arguments;
    for (const QString& a : request.arguments) arguments << (a.contains(' ') ? '"' + a + '"' : a);
    m_arguments->setText(arguments.join(' '));
    m_environment->setPlaceholderText(tr("NAME=value NAME=value"));
    m_root->setPlaceholderText(tr("Built in"));
    m_profile->addItems({tr("Classroom: small and slow"), tr("Desktop: 256 MiB, 1 GHz")});
    m_sched->addItem(tr("Completely fair (CFS)"), static_cast<int>(SchedKind::Cfs));
    m_sched->addItem(tr("Round robin"), static_cast<int>(SchedKind::Rr));
    m_sched->addItem(tr("Round robin with target latency"), static_cast<int>(SchedKind::RrLatency));
    m_sched->addItem(tr("Cooperative"), static_cast<int>(SchedKind::Coop));
    m_sched->addItem(tr("Earliest eligible virtual deadline (EEVDF)"), static_cast<int>(SchedKind::Eevdf));
    m_ram->setRange(8, 4096);
    m_ram->setSuffix(tr(" MiB"));
    m_swap->setRange(0, 4096);
    m_swap->setSuffix(tr(" MiB"));
    m_hz->setRange(1, 10000);
    m_hz->setSuffix(tr(" Hz"));
    auto show = [this](const MachineOptions& o) {
        m_ram->setValue(static_cast<int>(o.ramBytes >> 20));
        m_swap->setValue(static_cast<int>(o.swapBytes >> 20));
        m_hz->setValue(static_cast<int>(o.kernel.hz));
        m_sched->setCurrentIndex(m_sched->findData(static_cast<int>(o.kernel.sched)));
        m_huge->setChecked(o.kernel.hugePages);
        m_fiveLevel->setChecked(o.kernel.fiveLevel);
    };
    m_profile->setCurrentIndex(request.options.clockHz == desktopProfile().clockHz ? 1 : 0);
    show(request.options);
    connect(m_profile, &QComboBox::activated, this,
            [show](int at) { show(at == 1 ? desktopProfile() : classroomProfile()); });

    auto* form = new QFormLayout(this);
    auto* programRow = new QHBoxLayout;
    auto* browse = new QPushButton(tr("Choose…"));
    connect(browse, &QPushButton::clicked, this, [this] {
        QString path = QFileDialog::getOpenFileName(this, tr("Open a program"));
        if (!path.isEmpty()) m_program->setText(path);
    });
    programRow->addWidget(m_program, 1);
    programRow->addWidget(browse);
    form->addRow(tr("Program"), programRow);
    form->addRow(tr("Arguments"), m_arguments);
    form->addRow(tr("Environment"), m_environment);
    form->addRow(tr("Root directory"), m_root);
    form->addRow(tr("Machine"), m_profile);
    form->addRow(tr("RAM"), m_ram);
    form->addRow(tr("Swap"), m_swap);
    form->addRow(tr("Timer"), m_hz);
    form->addRow(tr("Scheduler"), m_sched);
    form->addRow(QString(), m_huge);
    form->addRow(QString(), m_fiveLevel);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Boot"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    form->addRow(buttons);
    resize(fontMetrics().averageCharWidth() * 80, sizeHint().height());
}

LoadRequest LoadDialog::request() const {
    LoadRequest r;
    r.program = m_program->text();
    r.arguments = QProcess::splitCommand(m_arguments->text());
    r.options = m_profile->currentIndex() == 1 ? desktopProfile() : classroomProfile();
    r.options.ramBytes = static_cast<u64>(m_ram->value() / 2 * 2) << 20;
    r.options.swapBytes = static_cast<u64>(m_swap->value()) << 20;
    KernelOptions& k = r.options.kernel;
    k.hz = static_cast<u32>(m_hz->value());
    k.sched = static_cast<SchedKind>(m_sched->currentData().toInt());
    k.hugePages = m_huge->isChecked();
    k.fiveLevel = m_fiveLevel->isChecked();
    for (const QString& e : QProcess::splitCommand(m_environment->text())) k.environment.push_back(e.toStdString());
    if (!m_root->text().isEmpty()) {
        k.rootDirectory = m_root->text().toStdString();
        // With a root directory the program is a path inside it.
        k.program = (r.program.startsWith('/') ? r.program : "/" + r.program).toStdString();
        r.fromHost = false;
    }
    return r;
}

}  // namespace ringside
