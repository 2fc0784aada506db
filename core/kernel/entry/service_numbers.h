// What the entry code asks the kernel model for: VMCALL with one of these in EAX. Included by assembly too, hence
// macros.
#pragma once

#define SVC_STARTUP_64 1      // __startup_64: builds init_top_pgt; RAX: its physical address
#define SVC_TRAP_INIT 2       // writes IDT, GDT's TSS descriptor, TSS
#define SVC_START_KERNEL 3    // start_kernel: memory, scheduler, file system, timer
#define SVC_REST_INIT 4       // rest_init: makes PID 1 and PID 2
#define SVC_KERNEL_INIT 5     // kernel_init: runs the first program
#define SVC_SYSCALL 6         // do_syscall_64; RAX: 0 done, 1 switch (RDI RSI RDX RCX set), 2 again
#define SVC_INT80 7           // do_int80_syscall_32; the same
#define SVC_TRAP 8            // EDI: vector
#define SVC_IRQ 9             // EDI: vector
#define SVC_EXIT_TO_USER 10   // exit_to_user_mode_loop; RAX: 0 go, 1 switch, 2 again
#define SVC_FINISH_SWITCH 11  // finish_task_switch; RCX: id of the task switched from
#define SVC_IDLE 12           // do_idle: RAX: 0 nothing to run, 1 switch
#define SVC_KTHREAD 13        // a kernel thread sleeps: RAX: 1 switch, 2 again
#define SVC_SCHEDULE_TAIL 14  // schedule_tail: finish_task_switch of a task that runs for the first time
