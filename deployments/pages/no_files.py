"""No page takes a file, so none is kept: not even until it is known who sent it."""

from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class NoFiles(FileUploadHandler):
    """Stops reading where a file begins; Django's own handlers write it to the disk, however long
    it is, before anybody has signed in."""

    def new_file(self, *args, **kwargs):
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data, start):
        """Never called: no file begins."""

    def file_complete(self, file_size):
        """Never called: no file begins."""
