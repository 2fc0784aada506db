# The files of the built-in root that come from the machine that builds (see embedded.S).
find_program(GUEST_BUSYBOX busybox PATHS /usr/bin /bin NO_DEFAULT_PATH)
set(embed_definitions)
set(embed_depends)
function(guest_file variable library)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${library} OUTPUT_VARIABLE path
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT IS_ABSOLUTE "${path}" OR NOT EXISTS "${path}")
    set(path "")
  endif()
  set(${variable} "${path}" PARENT_SCOPE)
endfunction()
guest_file(GUEST_LOADER ld-linux-x86-64.so.2)
guest_file(GUEST_LIBC libc.so.6)
guest_file(GUEST_LIBM libm.so.6)
if(NOT GUEST_BUSYBOX)
  set(GUEST_BUSYBOX "")
endif()
# The init that is booted when nobody names a program; its source is a sample.
set(GUEST_INIT ${CMAKE_CURRENT_BINARY_DIR}/init)
set(init_source ${CMAKE_SOURCE_DIR}/samples/init.c)
add_custom_command(OUTPUT ${GUEST_INIT}
  COMMAND ${CMAKE_C_COMPILER} -std=gnu17 -Og -g -fno-omit-frame-pointer -fno-stack-protector -static
          -ffile-prefix-map=${CMAKE_SOURCE_DIR}/samples=/samples -o ${GUEST_INIT} ${init_source}
  DEPENDS ${init_source} VERBATIM COMMENT "The built-in init")
foreach(name BUSYBOX INIT LOADER LIBC LIBM)
  list(APPEND embed_definitions "EMBED_${name}=\"${GUEST_${name}}\"")
  if(GUEST_${name})
    list(APPEND embed_depends ${GUEST_${name}})
  endif()
endforeach()
target_sources(ringside_core PRIVATE ${CMAKE_CURRENT_LIST_DIR}/embedded.S)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/embedded.S PROPERTIES
  COMPILE_DEFINITIONS "${embed_definitions}" OBJECT_DEPENDS "${embed_depends}")
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/rootfs.cpp PROPERTIES
  COMPILE_DEFINITIONS "RINGSIDE_SAMPLE_DIR=\"${CMAKE_BINARY_DIR}/samples\"")
