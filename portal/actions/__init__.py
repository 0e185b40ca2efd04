"""What people do: one public function per thing a person does, one transaction each."""
