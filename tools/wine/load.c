/* Loads the library as Godot for Windows does: by its path, and with the entry point that the manifest names. */
#include <stdio.h>
#include <windows.h>

int main(int count, char **arguments)
{
    HMODULE library = count > 1 ? LoadLibraryA(arguments[1]) : NULL;
    if (!library) {
        printf("not loaded, error %lu\n", GetLastError());
        return 1;
    }
    if (!GetProcAddress(library, "enet_server_init")) {
        printf("no entry point\n");
        return 1;
    }
    printf("loaded, with its entry point\n");
    return FreeLibrary(library) ? 0 : 1;
}
