// The names of error numbers and signals, as Linux x86-64 has them and strace(1) prints them.
#pragma once

#include <string>
#include <string_view>

namespace ringside {

std::string errnoName(int error);            // "ENOENT"; "E<n>" when there is no such number
std::string_view errnoText(int error);       // "No such file or directory"; empty when there is no such number
std::string signalName(int signal);          // "SIGSEGV", "SIGRT_3"
std::string_view signalText(int signal);     // "Segmentation fault"; empty for real-time signals
std::string waitStatusText(int waitStatus);  // "exited with 3", "killed by SIGSEGV (Segmentation fault)"

}  // namespace ringside
