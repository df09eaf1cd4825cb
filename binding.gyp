{
  # CMakeLists.txt describes the build; this only makes `node-gyp rebuild` run it.
  'targets': [{
    'target_name': 'bitcoin_support_cmake',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake_js',
      'message': 'Building bitcoin_support.node with cmake-js',
      'inputs': [],
      # Never created, so that CMake, which knows the sources, is asked every time.
      'outputs': ['<(PRODUCT_DIR)/ask-cmake'],
      'action': ['node', 'scripts/addon/build.mjs', '<(CONFIGURATION_NAME)'],
    }],
  }],
}
